import type { KmipClient } from '@vcryptsim/kmip-lite/client';
import { KeyServer, restoreBackup } from '@vcryptsim/kms';
import {
  FileError,
  type FileSystem,
  folderOf,
  type KeyId,
  makeFolders,
  readWhole,
  replaceFile,
} from '@vcryptsim/ports';
import { FaultyFileSystem, MemoryFileSystem } from '@vcryptsim/simkit';
import { ByteScanner, scanFolder } from '@vcryptsim/simkit/scan';
import { describe, expect, it } from 'vitest';
import { Lab } from '../support/lab.js';
import { entropyOf } from '../support/world.js';

const AES_256 = { algorithm: 'AES', lengthBits: 256, usageMask: 0x0c } as const;
const OUTS = ['/safe/b.tar', '/safe/b'] as const;

const create = (client: KmipClient) => client.session((session) => session.create(AES_256));
const bytesOf = async (client: KmipClient, id: KeyId): Promise<Uint8Array> =>
  (await client.session((session) => session.get(id, { take: (view) => Uint8Array.from(view) }))).taken;

/** All files under a folder with their bytes. */
async function filesOf(files: FileSystem, folder: string): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  for (const name of await files.readdir(folder)) {
    const path = `${folder}/${name}`;
    if ((await files.lstat(path)).kind === 'file') found.set(path, await readWhole(files, path, 1e8));
    else for (const [inner, bytes] of await filesOf(files, path)) found.set(inner, bytes);
  }
  return found;
}

/** A server with one key, backed up under both names while it serves. */
async function backedUp(lab: Lab, work: (o: { id: KeyId; material: Uint8Array }) => Promise<void>): Promise<void> {
  const server = await lab.serve();
  const client = await lab.registered(server);
  const id = await create(client);
  const material = await bytesOf(client, id);
  for (const out of OUTS) await server.backUp(out);
  await server.close();
  await work({ id, material });
}

const restore = (lab: Lab, from: string, folder = '/new', rootKeyPath = '/kms/root.key') =>
  restoreBackup({ files: lab.files, clock: lab.clock, entropy: entropyOf(7), from, folder, rootKeyPath });

describe('backup', () => {
  it('gives the same keys back to the same clients', async () => {
    await Lab.run(async (lab) => {
      const server = await lab.serve();
      const identity = await lab.selfSigned();
      await server.addClient({ name: 'vcenter', certificate: identity.chain[0]! });
      const id = await create(lab.client(server, identity));
      const material = await bytesOf(lab.client(server, identity), id);
      for (const out of OUTS) await server.backUp(out);
      const authority = server.pki.authority.certificate;
      await server.close();
      for (const [place, from] of OUTS.entries()) {
        const folder = `/new-${place}`;
        await restore(lab, from, folder);
        const { files, clock, keyPairs, network } = lab;
        const events = { emit: () => {} };
        const rootKeyPath = '/kms/root.key';
        const again = await KeyServer.open({
          ...{ folder, files, clock, keyPairs, events, rootKeyPath },
          entropy: entropyOf(20 + place),
        });
        await again.listen({ network, address: { name: 'kms-a' }, nodeName: 'kms-a' as never });
        expect(again.pki.authority.certificate).toEqual(authority);
        expect(await bytesOf(lab.client(again, identity), id)).toEqual(material);
        await again.close();
      }
    });
  });

  it('holds no key bytes in clear: neither an object, nor the root key, nor a private key', async () => {
    await Lab.run(async (lab) => {
      await backedUp(lab, async ({ material }) => {
        const pem = new TextEncoder().encode('PRIVATE KEY');
        const scan = async (folder: string) => {
          const needles = [
            { name: 'material', bytes: material },
            { name: 'root key', bytes: await readWhole(lab.files, '/kms/root.key', 32) },
            { name: 'private key', bytes: pem },
          ];
          const found: string[] = [];
          for await (const match of scanFolder(lab.files, folder, new ByteScanner(needles))) found.push(match.needle);
          return found;
        };
        expect(new Set(await scan('/kms'))).toEqual(new Set(['root key', 'private key']));
        expect(await scan('/safe')).toEqual([]);
      });
    });
  });

  it('leaves out the root key and nothing else', async () => {
    await Lab.run(async (lab) => {
      const server = await lab.serve();
      const identity = await lab.selfSigned();
      for (const name of ['vcenter', 'gone']) {
        const { chain } = name === 'vcenter' ? identity : await lab.selfSigned({ name });
        await server.addClient({ name, certificate: chain[0]! });
      }
      await server.revokeClient('gone');
      const files = lab.files;
      const put = async (path: string) => {
        await makeFolders(files, folderOf(path));
        await replaceFile(files, path, new TextEncoder().encode(`content of ${path}`));
      };
      for (const file of ['ca.pem', 'key.pem', 'password']) await put(`/kms/clients/vcenter/${file}`);
      for (const file of ['followers/b/cert.pem', 'store/follower']) await put(`/kms/${file}`);
      for (const file of ['cert.pem', 'ca.pem', 'key.pem']) await put(`/kms/link/${file}`);
      for (const file of ['server-ec.pem', 'server-ec.key']) await put(`/kms/pki/${file}`);
      await put('/kms/clients/a file that is no client');
      for (const out of OUTS) await server.backUp(out);
      await server.close();
      const before = await filesOf(files, '/kms');
      for (const path of ['/kms/root.key', '/kms/clients/a file that is no client']) before.delete(path);
      await restore(lab, OUTS[0]);
      const after = await filesOf(files, '/new');
      expect([...after.keys()].map((path) => path.slice('/new'.length))).toEqual(
        [...before.keys()].map((path) => path.slice('/kms'.length)),
      );
      for (const [path, bytes] of before) {
        if (path !== '/kms/audit.jsonl') expect(after.get(path.replace('/kms', '/new')), path).toEqual(bytes);
      }
      const secrets = ['clients/vcenter/password', 'pki/server-ec.key'];
      const scanner = new ByteScanner(
        secrets.map((name) => ({ name, bytes: new TextEncoder().encode(`content of /kms/${name}`) })),
      );
      for await (const { path } of scanFolder(files, '/safe', scanner)) expect(path).toBe('nowhere');
    });
  });

  it('opens nothing without the root key or with another one, and then changes nothing', async () => {
    await Lab.run(async (lab) => {
      await backedUp(lab, async () => {
        await lab.files.mkdir('/other');
        await replaceFile(lab.files, '/other/root.key', new Uint8Array(32).fill(1));
        for (const out of OUTS) {
          await expect(restore(lab, out, '/new', '/none')).rejects.toMatchObject({ code: 'ROOT_KEY_MISSING' });
          await expect(restore(lab, out, '/new', '/other/root.key')).rejects.toMatchObject({ code: 'ROOT_KEY_WRONG' });
        }
        expect(await lab.files.readdir('/')).toEqual(['kms', 'other', 'safe']);
      });
    });
  });

  it('refuses a folder with anything but the root key in it, and a name that is taken', async () => {
    await Lab.run(async (lab) => {
      await backedUp(lab, async () => {
        await expect(restore(lab, OUTS[0], '/kms')).rejects.toMatchObject({ code: 'FOLDER_NOT_EMPTY' });
        await lab.files.mkdir('/new');
        await replaceFile(lab.files, '/new/root.key', await readWhole(lab.files, '/kms/root.key', 32));
        await restore(lab, OUTS[0], '/new', '/new/root.key');
        const server = await new LabAgain(lab).serve();
        for (const out of OUTS) await expect(server.backUp(out)).rejects.toMatchObject({ code: 'BACKUP_EXISTS' });
        await server.close();
      });
    });
  });

  it('notices a changed byte anywhere, before anything is written', async () => {
    await Lab.run(async (lab) => {
      await backedUp(lab, async () => {
        for (const [path, bytes] of await filesOf(lab.files, '/safe/b')) {
          const changed = Uint8Array.from(bytes);
          changed[bytes.length >> 1]! ^= 1;
          await replaceFile(lab.files, path, changed);
          const error = await restore(lab, '/safe/b').catch((thrown: unknown) => thrown);
          expect(error, path).toMatchObject({ code: expect.stringMatching(/^(?:BACKUP_DAMAGED|ROOT_KEY_WRONG)$/) });
          await replaceFile(lab.files, path, bytes);
        }
        expect(await lab.files.readdir('/')).toEqual(['kms', 'safe']);
        await restore(lab, '/safe/b.tar', '/good');
        const good = [...(await filesOf(lab.files, '/good')).values()];
        const tar = await readWhole(lab.files, '/safe/b.tar', 1e8);
        for (let at = 0; at < tar.length - 1024; at += 397) {
          const changed = Uint8Array.from(tar);
          changed[at]! ^= 1;
          await replaceFile(lab.files, '/safe/b.tar', changed);
          // In the filling of a block, and in what a header says of times and owners, a bit means nothing.
          const error = await restore(lab, '/safe/b.tar', `/new-${at}`).catch((thrown: unknown) => thrown);
          if (error instanceof Error) expect(error).toMatchObject({ name: 'KmsError' });
          else expect([...(await filesOf(lab.files, `/new-${at}`)).values()]).toEqual(good);
        }
      });
    });
  });

  it('is no backup when a size in it is negative, huge or no number', async () => {
    await Lab.run(async (lab) => {
      await backedUp(lab, async () => {
        const tar = await readWhole(lab.files, '/safe/b.tar', 1e8);
        const before = await lab.files.readdir('/');
        for (const size of [
          '-0000001000',
          '77777777777',
          '0x000000010',
          '1 2',
          '',
          '\x80\xff\xff\xff\xff\xff\xff\xff\xff',
        ]) {
          const changed = Uint8Array.from(tar);
          changed.set(Buffer.from(size.padEnd(12, '\0'), 'latin1'), 124);
          const sum = changed
            .subarray(0, 512)
            .reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 0x20 : byte), 0);
          changed.set(Buffer.from(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
          await replaceFile(lab.files, '/safe/b.tar', changed);
          await expect(restore(lab, '/safe/b.tar'), size).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
        }
        expect(await lab.files.readdir('/')).toEqual(before);
      });
    });
  });

  it('is no backup when it was cut short', async () => {
    await Lab.run(async (lab) => {
      await backedUp(lab, async () => {
        const tar = await readWhole(lab.files, '/safe/b.tar', 1e8);
        for (let at = 0; at < tar.length - 1536; at += 1024) {
          await replaceFile(lab.files, '/safe/b.tar', tar.slice(0, at));
          await expect(restore(lab, '/safe/b.tar'), `${at}`).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
        }
        await lab.files.unlink('/safe/b/backup.seal');
        await expect(restore(lab, '/safe/b')).rejects.toThrow('it has no backup.seal');
      });
    });
  });

  it('slips no client in without the root key', async () => {
    await Lab.run(async (lab) => {
      await backedUp(lab, async () => {
        await lab.files.mkdir('/safe/b/clients/intruder');
        const certificate = await readWhole(lab.files, '/safe/b/clients/vcenter/cert.pem', 1e6);
        await replaceFile(lab.files, '/safe/b/clients/intruder/cert.pem', certificate);
        await restore(lab, '/safe/b');
        expect(await lab.files.readdir('/new/clients')).toEqual(['vcenter']);
      });
    });
  });

  it('leaves nothing behind when the medium is full', async () => {
    const files = new FaultyFileSystem(new MemoryFileSystem());
    await Lab.run(
      async (lab) => {
        const server = await lab.serve();
        for (const out of OUTS) {
          const mend = files.set({ kind: 'no-space', afterBytes: 1000 });
          await expect(server.backUp(out)).rejects.toBeInstanceOf(FileError);
          mend();
        }
        expect(await files.readdir('/safe')).toEqual([]);
        await server.close();
      },
      { files },
    );
  });

  it('holds everything that was answered before it, while clients go on', async () => {
    await Lab.run(async (lab) => {
      const server = await lab.serve();
      const client = await lab.registered(server);
      const before = await Promise.all(Array.from({ length: 10 }, () => create(client)));
      const during = Array.from({ length: 10 }, () => create(client));
      await server.backUp('/safe/b.tar');
      await Promise.all(during);
      await server.close();
      await restore(lab, '/safe/b.tar', '/new');
      const again = await new LabAgain(lab).serve('/new');
      const ids = (await again.administrator.perform<'key.list'>({ action: 'key.list' })).map((key) => key.id);
      expect(ids).toEqual(expect.arrayContaining(before));
      await again.close();
    });
  });
});

/** Opens a folder of a lab once more, with a stream of chance of its own. */
class LabAgain {
  constructor(private readonly lab: Lab) {}

  serve(folder = '/kms'): Promise<KeyServer> {
    const { files, clock, keyPairs } = this.lab;
    const rest = { files, clock, keyPairs, entropy: entropyOf(30), events: { emit: () => {} } };
    return KeyServer.open({ folder, rootKeyPath: '/kms/root.key', ...rest });
  }
}
