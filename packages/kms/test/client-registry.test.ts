// Who is whose, and what a stranger costs: file calls and comparisons at n and 2n clients.
import { X509Certificate } from 'node:crypto';
import { ClientRegistry, Registrar, writeCertificates } from '@vcryptsim/kms';
import { selfSign } from '@vcryptsim/pki';
import { type FileSystem, type KeyPair, type KeyPairSource, makeFolders } from '@vcryptsim/ports';
import { SystemKeyPairs } from '@vcryptsim/ports/os';
import { MemoryFileSystem, RecordingFileSystem } from '@vcryptsim/simkit';
import { afterEach, expect, it, vi } from 'vitest';
import { createTestAuthority } from './support/authority.js';
import { entropyOf, NOON_MS, standingClock } from './support/world.js';

const clock = standingClock();
afterEach(() => {
  vi.restoreAllMocks();
});

const pairs = new SystemKeyPairs(clock);
async function certificateOf(name: string): Promise<Uint8Array> {
  const keyPair = await pairs.generate('ec-p256');
  const validity = { notBeforeMs: NOON_MS - 1e9, notAfterMs: NOON_MS + 1e9 };
  const identity = await selfSign({
    subject: `CN=${name}`,
    keyPair,
    entropy: entropyOf(name.length),
    clock,
    ...validity,
  });
  return identity.chain[0]!;
}

/** An authority with an EC key, which is made at once; with a given one it is the same authority under a name. */
function authorityOf(name: string, pair?: KeyPair) {
  const keyPairs: KeyPairSource = { generate: async () => pair ?? pairs.generate('ec-p256') };
  return createTestAuthority({ clock, keyPairs }, name);
}

/** Counts every call that reads or lists. */
class CountingFiles extends RecordingFileSystem {
  calls = 0;
  override open(...given: Parameters<FileSystem['open']>) {
    this.calls += 1;
    return super.open(...given);
  }
  override readdir(path: string) {
    this.calls += 1;
    return super.readdir(path);
  }
  override lstat(path: string) {
    this.calls += 1;
    return super.lstat(path);
  }
}

/** What strangers cost a registry of n clients, half of them known by an authority of their own. */
async function costOfStrangers(n: number): Promise<{ calls: number; comparisons: number }> {
  const files = new CountingFiles(new MemoryFileSystem());
  for (let at = 0; at < n; at++) {
    const home = `/clients/c${at}`;
    await makeFolders(files, home);
    if (at % 2 === 0) await writeCertificates(files, `${home}/cert.pem`, [await certificateOf(`c${at}`)]);
    else {
      const { certificate } = await authorityOf(`authority ${at}`);
      await writeCertificates(files, `${home}/authority.pem`, [certificate]);
    }
  }
  const registry = await ClientRegistry.open({ files, folder: '/clients', authority: await certificateOf('own') });
  const strangers = [await certificateOf('first'), await certificateOf('second'), await certificateOf('third')];
  const refused = (leaf: Uint8Array) =>
    expect(registry.judge([leaf], clock)).rejects.toMatchObject({ code: 'CLIENT_UNKNOWN' });
  // The first has all files read again, at most once a minute.
  await refused(strangers[0]!);
  files.calls = 0;
  const issued = vi.spyOn(X509Certificate.prototype, 'checkIssued');
  const verified = vi.spyOn(X509Certificate.prototype, 'verify');
  for (const stranger of strangers) await refused(stranger);
  return { calls: files.calls, comparisons: issued.mock.calls.length + verified.mock.calls.length };
}

it('takes as many file calls and comparisons to refuse strangers at 2n clients as at n', async () => {
  const [few, many] = [await costOfStrangers(8), await costOfStrangers(16)];
  expect(many).toEqual(few);
  expect(few.calls).toBeLessThan(10);
});

it('finds a client whose folder another process made, also when its certificate comes later than the folder', async () => {
  const files = new MemoryFileSystem();
  const registry = await ClientRegistry.open({ files, folder: '/clients', authority: await certificateOf('own') });
  const late = await certificateOf('late');
  await expect(registry.judge([late], clock)).rejects.toMatchObject({ code: 'CLIENT_UNKNOWN' });
  await makeFolders(files, '/clients/late');
  await expect(registry.judge([late], clock)).rejects.toMatchObject({ code: 'CLIENT_UNKNOWN' });
  await writeCertificates(files, '/clients/late/cert.pem', [late]);
  await expect(registry.judge([late], clock)).resolves.toMatchObject({ subject: 'CN=late' });
  // One that is there already is read again after a minute.
  const next = await certificateOf('next');
  await writeCertificates(files, '/clients/late/cert.pem', [next]);
  await expect(registry.judge([next], { nowMs: clock.nowMs + 60_000 })).resolves.toMatchObject({ subject: 'CN=next' });
});

it('gives an authority to one client only: not itself again, nor under another name, nor the key server’s own', async () => {
  const files = new MemoryFileSystem();
  await files.mkdir('/kms');
  const rootPair = await pairs.generate('ec-p256');
  const own = await authorityOf('key server');
  const root = await authorityOf('root', rootPair);
  const renamed = await authorityOf('root of the same key', rootPair);
  const open = () =>
    Registrar.open({ folder: '/kms', files, clock, entropy: entropyOf(3), authority: own.certificate });
  const registrar = await open();
  await registrar.addAuthority({ name: 'first', certificate: root.certificate });
  const line = async () => files.open('/kms/audit.jsonl', { access: 'read' }).then((handle) => handle.sizeBytes());
  const before = await line();
  for (const certificate of [root.certificate, renamed.certificate, own.certificate]) {
    await expect(registrar.addAuthority({ name: 'second', certificate })).rejects.toMatchObject({
      code: 'CLIENT_AUTHORITY_TAKEN',
    });
  }
  expect(await files.readdir('/kms/clients')).toEqual(['first']);
  expect(await line()).toBe(before);
  const other = await authorityOf('root');
  await registrar.addAuthority({ name: 'second', certificate: other.certificate });
  await registrar.close();
});

it.each(['alice.copy', 'aa'])(
  "gives alice's key to nobody by a copy of her folder, revoked or not: %s",
  async (copy) => {
    const files = new MemoryFileSystem();
    const certificate = await certificateOf('alice');
    const add = async (name: string) => {
      await makeFolders(files, `/clients/${name}`);
      await writeCertificates(files, `/clients/${name}/cert.pem`, [certificate]);
    };
    const open = async () => ClientRegistry.open({ files, folder: '/clients', authority: await certificateOf('own') });
    await add('alice');
    const registry = await open();
    const { publicKeySha256 } = await registry.judge([certificate], clock);
    await add(copy);
    await registry.refresh();
    // The first by name has it while neither is revoked.
    if (copy > 'alice') expect(registry.find(publicKeySha256)?.name).toBe('alice');
    await (await files.open('/clients/alice/revoked', { access: 'write', create: 'exclusive' })).close();
    for (const later of [registry, await open()]) {
      await later.refresh();
      expect(later.find(publicKeySha256)?.name).toBe('alice');
      await expect(later.judge([certificate], clock)).rejects.toMatchObject({ code: 'REVOKED' });
    }
  },
);
