// The key server's own certificates: made once, whole, and never anew in silence.
import { ServerPki } from '@vcryptsim/kms';
import { FileError } from '@vcryptsim/ports';
import { SystemClock, SystemEntropy, SystemKeyPairs } from '@vcryptsim/ports/os';
import { type FaultyFileSystem, MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';

const clock = new SystemClock();
/** One pair for all: what takes long here is to make keys. */
const pair = new SystemKeyPairs(clock).generate('rsa-2048');
const keyPairs = { generate: () => pair };

const open = (files: MemoryFileSystem | FaultyFileSystem) =>
  ServerPki.open({ folder: '/kms/pki', files, clock, entropy: new SystemEntropy(), keyPairs });

async function started(): Promise<MemoryFileSystem> {
  const files = new MemoryFileSystem({});
  await files.mkdir('/kms');
  await open(files);
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
    expect([...before.keys()]).toEqual(['ca.key', 'ca.pem', 'server.key', 'server.pem']);
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
    const count = await countedStart(Number.POSITIVE_INFINITY);
    expect(count.isWhole).toBe(true);
    for (let failAt = 0; failAt < count.calls; failAt++) {
      const { files } = await countedStart(failAt);
      await open(files);
      expect([...(await contents(files)).keys()]).toEqual(['ca.key', 'ca.pem', 'server.key', 'server.pem']);
    }
  });
});

/** A first start of which one file call fails and everything after it too, as when the machine loses its disk. */
async function countedStart(failAt: number) {
  const files = new MemoryFileSystem({});
  await files.mkdir('/kms');
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
  const isWhole = await open(counting).then(
    () => true,
    () => false,
  );
  return { files, calls, isWhole };
}
