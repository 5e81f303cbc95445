// A client whose files cannot be read any more is refused, told of by file, and keeps its name; the others are served.
import { certificateToPem } from '@vcryptsim/pki';
import { FileError, type FileSystem, makeFolders, readWhole, replaceFile } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { Lab } from './support/lab.js';

const pem = (der: Uint8Array) => new TextEncoder().encode(certificateToPem(der));

/** The same certificate, but that its dates are in month 13: UTCTime, 13 characters. */
function withOddDate(der: Uint8Array): Uint8Array {
  const bytes = Buffer.from(der);
  const utcTime = Buffer.from('170d', 'hex');
  for (let at = bytes.indexOf(utcTime); at >= 0; at = bytes.indexOf(utcTime, at + 1)) bytes.write('13', at + 4);
  return Uint8Array.from(bytes);
}

/** The same, but that its subject claims to be longer than the certificate. */
function withOddLength(der: Uint8Array): Uint8Array {
  const bytes = Buffer.from(der);
  const commonName = Buffer.from('0603550403', 'hex');
  bytes[bytes.lastIndexOf(commonName) + commonName.length + 1] = 0x7f;
  return Uint8Array.from(bytes);
}

/** Two clients, of whom the file of the first is spoiled while no server runs. */
async function withSpoiled(lab: Lab, spoil: (file: string, der: Uint8Array) => Promise<void>) {
  const [bad, good] = [await lab.selfSigned({ name: 'bad' }), await lab.selfSigned({ name: 'good' })];
  const first = await lab.serve();
  await first.addClient({ name: 'bad', certificate: bad.chain[0]! });
  await first.addClient({ name: 'good', certificate: good.chain[0]! });
  const key = await lab
    .client(first, bad)
    .session((session) => session.create({ algorithm: 'AES', lengthBits: 256, usageMask: 12 }));
  await first.close();
  const file = '/kms/clients/bad/cert.pem';
  await spoil(file, bad.chain[0]!);
  return { bad, good, file, key };
}

describe('a client whose certificate cannot be read', () => {
  it.each<[string, (files: FileSystem, file: string, der: Uint8Array) => Promise<void>]>([
    ['ends in month 13', (files, file, der) => replaceFile(files, file, pem(withOddDate(der)), 0o644)],
    ['has a malformed subject', (files, file, der) => replaceFile(files, file, pem(withOddLength(der)), 0o644)],
    ['is empty', (files, file) => replaceFile(files, file, new Uint8Array(0), 0o644)],
    ['is no certificate', (files, file) => replaceFile(files, file, new TextEncoder().encode('hello'), 0o644)],
    ['is larger than any', (files, file) => replaceFile(files, file, new Uint8Array(70_000), 0o644)],
    [
      'is a folder',
      async (files, file) => {
        await files.unlink(file);
        await files.mkdir(file);
      },
    ],
  ])('because it %s is refused; others are served', (_how, spoil) =>
    Lab.run(async (lab) => {
      const { bad, good, file, key } = await withSpoiled(lab, (path, der) => spoil(lab.files, path, der));
      const before = await readWhole(lab.files, file, 100_000).catch((error: unknown) => error);
      const server = await lab.serve();
      expect(server.unreadable()).toEqual([expect.stringContaining('clients/bad/cert.pem')]);
      await expect(lab.client(server, good).session((session) => session.discoverVersions())).resolves.toBeDefined();
      await expect(lab.client(server, bad).session((session) => session.discoverVersions())).rejects.toMatchObject({
        code: 'CONNECTION_CLOSED',
      });
      // Its name and its keys wait for it.
      const other = (await lab.selfSigned()).chain[0]!;
      await expect(server.addClient({ name: 'bad', certificate: other })).rejects.toMatchObject({
        code: 'CLIENT_NAME_TAKEN',
      });
      expect(await readWhole(lab.files, file, 100_000).catch((error: unknown) => error)).toEqual(before);
      if (before instanceof FileError && before.code === 'IS_FOLDER') await lab.files.rmdir(file);
      await replaceFile(lab.files, file, pem(bad.chain[0]!), 0o644);
      const taken = await lab
        .client(server, bad)
        .session((session) => session.get(key, { take: (view) => view.length }));
      expect(taken).toMatchObject({ taken: 32 });
      expect(server.unreadable()).toEqual([]);
      await server.close();
    }),
  );

  it('can be revoked', () =>
    Lab.run(async (lab) => {
      const { bad } = await withSpoiled(lab, (path) => replaceFile(lab.files, path, new Uint8Array(0), 0o644));
      const server = await lab.serve();
      await server.revokeClient('bad');
      await replaceFile(lab.files, '/kms/clients/bad/cert.pem', pem(bad.chain[0]!), 0o644);
      await expect(lab.client(server, bad).session((session) => session.discoverVersions())).rejects.toMatchObject({
        code: 'CONNECTION_CLOSED',
      });
      await server.close();
    }));

  it('stops no start where the folder has a name that no client can have, or is a follower', () =>
    Lab.run(async (lab) => {
      const { bad } = await withSpoiled(lab, async () => {});
      await makeFolders(lab.files, '/kms/clients/my client');
      await replaceFile(lab.files, '/kms/clients/my client/cert.pem', pem((await lab.selfSigned()).chain[0]!), 0o644);
      await makeFolders(lab.files, '/kms/followers/node-b');
      await replaceFile(lab.files, '/kms/followers/node-b/cert.pem', new Uint8Array(3), 0o644);
      const server = await lab.serve();
      expect(server.unreadable()).toEqual([
        expect.stringContaining('/kms/clients/my client: "my client" cannot be'),
        expect.stringContaining('/kms/followers/node-b/cert.pem'),
      ]);
      await expect(lab.client(server, bad).session((session) => session.discoverVersions())).resolves.toBeDefined();
      await server.close();
    }));

  it('stops the start where the medium fails, which is no one client’s fault', () => {
    class Failing extends MemoryFileSystem {
      fails = false;
      override open(...given: Parameters<FileSystem['open']>) {
        const isCertificate = this.fails && given[0].endsWith('/bad/cert.pem');
        return isCertificate ? Promise.reject(new FileError('IO', 'open', given[0])) : super.open(...given);
      }
    }
    const files = new Failing();
    return Lab.run(
      async (lab) => {
        await withSpoiled(lab, async () => {});
        files.fails = true;
        await expect(lab.serve()).rejects.toMatchObject({ code: 'IO' });
      },
      { files },
    );
  });
});
