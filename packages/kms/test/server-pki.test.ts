// The key server's own certificates: made once, whole, and never anew in silence.
import { ServerPki } from '@vcryptsim/kms';
import { readCertificate, verifyPeer } from '@vcryptsim/pki';
import { FileError, type KeyPairKind } from '@vcryptsim/ports';
import { SystemClock, SystemEntropy, SystemKeyPairs } from '@vcryptsim/ports/os';
import { type FaultyFileSystem, MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';

const clock = new SystemClock();
/** One RSA pair for all: what takes long here is to make keys. */
const pair = new SystemKeyPairs(clock).generate('rsa-2048');
const keyPairs = {
  generate: (kind: KeyPairKind) => (kind === 'rsa-2048' ? pair : new SystemKeyPairs(clock).generate(kind)),
};
const RSA_FILES = ['ca.key', 'ca.pem', 'server.key', 'server.pem'];
const ALL_FILES = ['ca.key', 'ca.pem', 'server-ec.key', 'server-ec.pem', 'server.key', 'server.pem'];

const open = (files: MemoryFileSystem | FaultyFileSystem, o: { readonly withEc?: boolean } = {}) =>
  ServerPki.open({ folder: '/kms/pki', files, clock, entropy: new SystemEntropy(), keyPairs, ...o });

async function started(o: { readonly withEc?: boolean } = {}): Promise<MemoryFileSystem> {
  const files = new MemoryFileSystem({});
  await files.mkdir('/kms');
  await open(files, o);
  return files;
}

async function contents(files: MemoryFileSystem): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of await files.readdir('/kms/pki')) {
    const handle = await files.open(`/kms/pki/${name}`, { access: 'read' });
    const bytes = new Uint8Array(await handle.sizeBytes());
    await handle.pread(bytes, 0);
    await handle.close();
    found.set(name, Buffer.from(bytes).toString('hex'));
  }
  return found;
}

describe("a key server's certificates", () => {
  it('are the same at the next start', async () => {
    const files = await started();
    const before = await contents(files);
    expect([...before.keys()]).toEqual(RSA_FILES);
    await open(files);
    expect(await contents(files)).toEqual(before);
    expect(await files.readdir('/kms')).toEqual(['pki']);
  });

  it.each(['ca.pem', 'ca.key', 'server.key'])('are not made anew when %s is lost', async (name) => {
    const files = await started();
    await files.unlink(`/kms/pki/${name}`);
    const before = await contents(files);
    await expect(open(files)).rejects.toMatchObject({
      code: 'PKI_INCOMPLETE',
      message: expect.stringContaining(`/kms/pki/${name}`),
      nextStep: expect.stringContaining('backup'),
    });
    expect(await contents(files)).toEqual(before);
  });

  it.each(['clients/vcenter', 'followers/b', 'store/journal'])(
    'are not made anew when the whole folder is lost and %s is there',
    async (path) => {
      const files = new MemoryFileSystem({});
      await files.mkdir('/kms');
      await files.mkdir(`/kms/${path.split('/')[0]}`);
      await files.mkdir(`/kms/${path}`);
      await expect(open(files)).rejects.toMatchObject({ code: 'PKI_INCOMPLETE' });
      expect(await files.readdir('/kms')).toEqual([path.split('/')[0]]);
    },
  );

  it('are issued anew for the same key when only server.pem is lost', async () => {
    const files = await started();
    const before = await contents(files);
    await files.unlink('/kms/pki/server.pem');
    await open(files);
    const after = await contents(files);
    for (const name of ['ca.pem', 'ca.key', 'server.key']) expect(after.get(name)).toBe(before.get(name));
  });

  it.each([
    ['ca.pem', 'hello', /ca\.pem: It is a text without a PEM block/],
    ['ca.key', '', /ca\.key: The file is empty/],
    ['server.key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', /server\.key: .*cannot be read/],
    ['ca.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', /ca\.pem: .*cannot be read/],
  ])('say in a sentence that %s is malformed, and leave it', async (name, text, says) => {
    const files = await started();
    const handle = await files.open(`/kms/pki/${name}`, { access: 'write' });
    await handle.truncate(0);
    await handle.pwrite(new TextEncoder().encode(text), 0);
    await handle.close();
    const before = await contents(files);
    await expect(open(files)).rejects.toMatchObject({ code: 'MALFORMED', message: expect.stringMatching(says) });
    expect(await contents(files)).toEqual(before);
  });

  it('are made whole or not at all, whichever file call of the first start fails', async () => {
    const count = await countedStart(new MemoryFileSystem({}), Number.POSITIVE_INFINITY);
    expect(count.isWhole).toBe(true);
    for (let failAt = 0; failAt < count.calls; failAt++) {
      const files = new MemoryFileSystem({});
      await countedStart(files, failAt);
      await open(files);
      expect([...(await contents(files)).keys()]).toEqual(RSA_FILES);
    }
  });
});

describe('the EC certificate beside the RSA one', () => {
  it('is there only where it was asked for, and is of the same authority for the same names', async () => {
    const files = await started();
    const without = await open(files);
    expect(without.identities).toEqual([without.identity]);
    const { authority, identity, identities } = await open(files, { withEc: true });
    expect(identities.map(({ privateKey }) => privateKey.asymmetricKeyType)).toEqual(['rsa', 'ec']);
    expect(identities[0]).toEqual(identity);
    const trust = { pins: [], authorities: [authority.certificate] };
    const [leaf = new Uint8Array()] = identities[1]?.chain ?? [];
    for (const name of ['localhost', '127.0.0.1']) await verifyPeer([leaf], trust, clock.nowMs, name);
    expect(readCertificate(leaf).x509.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect([...(await contents(files)).keys()]).toEqual(ALL_FILES);
  });

  it('is made in a folder of before without a change to the other files, once', async () => {
    const files = await started();
    const before = await contents(files);
    await open(files, { withEc: true });
    const after = await contents(files);
    for (const name of RSA_FILES) expect(after.get(name)).toBe(before.get(name));
    await open(files, { withEc: true });
    expect(await contents(files)).toEqual(after);
    expect((await open(files)).identities).toHaveLength(1);
    expect(await contents(files)).toEqual(after);
  });

  it.each(['ca.pem', 'ca.key', 'server.key'])('is not made when %s is lost', async (name) => {
    const files = await started();
    await files.unlink(`/kms/pki/${name}`);
    const before = await contents(files);
    await expect(open(files, { withEc: true })).rejects.toMatchObject({ code: 'PKI_INCOMPLETE' });
    expect(await contents(files)).toEqual(before);
  });

  it('is not made anew when its key is lost and it is there; without it the server starts', async () => {
    const files = await started({ withEc: true });
    await files.unlink('/kms/pki/server-ec.key');
    const before = await contents(files);
    await expect(open(files, { withEc: true })).rejects.toMatchObject({
      code: 'PKI_INCOMPLETE',
      message: expect.stringContaining('/kms/pki/server-ec.key is missing, while server-ec.pem is there'),
      nextStep: expect.stringContaining('start without --ec'),
    });
    await open(files);
    expect(await contents(files)).toEqual(before);
  });

  it('is issued anew for the same key when only server-ec.pem is lost', async () => {
    const files = await started({ withEc: true });
    const before = await contents(files);
    await files.unlink('/kms/pki/server-ec.pem');
    await open(files, { withEc: true });
    const after = await contents(files);
    expect([...after.keys()]).toEqual(ALL_FILES);
    for (const name of ALL_FILES.filter((one) => one !== 'server-ec.pem'))
      expect(after.get(name)).toBe(before.get(name));
  });

  it('is refused when its file holds a key of another kind', async () => {
    const files = await started({ withEc: true });
    await files.unlink('/kms/pki/server-ec.key');
    await files.rename('/kms/pki/server.key', '/kms/pki/server-ec.key');
    await files.unlink('/kms/pki/server.pem');
    await expect(open(files, { withEc: true })).rejects.toMatchObject({
      code: 'MALFORMED',
      message: expect.stringContaining('/kms/pki/server-ec.key'),
    });
  });

  it('is whole after the next start, whichever file call failed while it was made, and the RSA one is untouched', async () => {
    const count = await countedStart(await started(), Number.POSITIVE_INFINITY, { withEc: true });
    expect(count.isWhole).toBe(true);
    for (let failAt = 0; failAt < count.calls; failAt++) {
      const files = await started();
      const before = await contents(files);
      await countedStart(files, failAt, { withEc: true });
      await open(files, { withEc: true });
      const after = await contents(files);
      expect([...after.keys()]).toEqual(ALL_FILES);
      for (const name of RSA_FILES) expect(after.get(name)).toBe(before.get(name));
    }
  });
});

/** A start of which one file call fails and everything after it too, as when the machine loses its disk. */
async function countedStart(files: MemoryFileSystem, failAt: number, o: { readonly withEc?: boolean } = {}) {
  await files.mkdir('/kms').catch(() => {}); // it may be there
  let calls = 0;
  const counting = new Proxy(files, {
    get: (target, name: keyof MemoryFileSystem) => {
      const call = target[name] as unknown;
      if (typeof call !== 'function') return call;
      return (...given: unknown[]) => {
        if (calls++ >= failAt) return Promise.reject(new FileError('IO', String(name), String(given[0])));
        return (call as (...words: unknown[]) => unknown).apply(target, given);
      };
    },
  });
  const isWhole = await open(counting, o).then(
    () => true,
    () => false,
  );
  return { calls, isWhole };
}
