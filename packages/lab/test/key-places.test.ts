// The table "where each key is": every cell is looked up at that moment.
import type { CryptoKeyId, KeyId, KeyServerName, ProviderId } from '@vcryptsim/ports';
import { SystemClock } from '@vcryptsim/ports/os';
import { createVm, generateProviderKey, powerOffVm, powerOnVm, unregisterVm } from '@vcryptsim/vcenter/catalogue';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyPlaces, keyTable } from '../src/key-map/key-places.js';
import type { KeyServerRack } from '../src/racks/key-server-rack.js';
import { OutsideKeyServers } from '../src/racks/outside-key-servers.js';
import type { World } from '../src/world/world.js';
import { plant, SMALL_LAB, smallWorld } from './support/small-world.js';

let world: World;
let kek: CryptoKeyId;

async function begin(nodes: readonly string[], replication?: { every: number }): Promise<void> {
  const kms = { provider: 'corp-kms', nodes: [...nodes], ...(replication ? { replication } : {}) };
  world = await smallWorld({ lab: { ...SMALL_LAB, kms } });
  await world.run(async () => {
    await world.vms.create('payroll', () => {});
    await world.as().run(powerOnVm, world.vms.refOf('payroll'), {});
    kek = world.vcenter.vms()[0]!.keyId!;
  });
}

const rows = () => world.run(() => keyPlaces(world));
const kekRow = async () => (await rows()).find(({ key }) => key.startsWith('KEK of payroll'))!;
const administrator = (node: string) => (world.keyServers as KeyServerRack).administratorOf(node)!;

describe('where each key is, with one key server of ours', () => {
  beforeEach(() => begin(['kms-1']));
  afterEach(() => world.dispose());

  it('has a column for the key server, vCenter, each host and the disk', async () => {
    const short = kek.keyId.slice(0, 8);
    const table = keyTable(world, await rows());
    expect(table[0]).toEqual(['where each key is', 'kms-1', 'vCenter', 'esx-1 RAM', 'disk']);
    expect(table.slice(1, 3)).toEqual([
      [`KEK of payroll ${short}`, 'bytes', 'ID only', 'bytes', 'ID only'],
      ['DEK of payroll', '-', '-', 'in use', `sealed by ${short}`],
    ]);
    expect(table[3]).toEqual([expect.stringMatching(/^host key /), 'bytes', 'ID only', 'bytes', '-']);
  });

  it('says destroyed once the key was revoked and destroyed, running or not', async () => {
    const ask = administrator('kms-1');
    await world.run(async () => {
      await ask.perform({ action: 'key.archive', id: kek.keyId });
      expect((await keyPlaces(world))[0]?.servers).toEqual(['archived']);
      await ask.perform({ action: 'key.recover', id: kek.keyId });
      await ask.perform({ action: 'key.revoke', id: kek.keyId, reason: 'CessationOfOperation' });
      expect((await keyPlaces(world))[0]?.servers).toEqual(['bytes']);
      await ask.perform({ action: 'key.destroy', id: kek.keyId });
    });
    expect((await kekRow()).servers).toEqual(['destroyed']);
    await world.run(() => world.keyServers.stop(['kms-1']));
    expect((await kekRow()).servers).toEqual(['destroyed (off)']);
  });

  it('says that a server which hangs or refuses cannot be reached, and no longer when it is mended', async () => {
    for (const kind of ['hang', 'refuse'] as const) {
      await world.faults.set('kms-1', { kind });
      expect((await kekRow()).servers).toEqual(['bytes (unreachable)']);
      await world.faults.clear('kms-1');
      expect((await kekRow()).servers).toEqual(['bytes']);
    }
  });

  it('says unknown of a store that somebody changed while its server was off', async () => {
    await world.run(() => world.keyServers.stop(['kms-1']));
    expect((await kekRow()).servers).toEqual(['bytes (off)']);
    await world.run(() => plant(world, `${world.folder.kms}/store/journal`, new Uint8Array(1)));
    expect((await kekRow()).servers).toEqual(['unknown (off)']);
  });

  it('says of a host what is in its cache, and that it is down', async () => {
    const host = world.host('esx-1');
    await world.run(() => host.removeKeys([kek], true));
    expect((await kekRow()).hosts).toEqual(['-']);
    await world.run(() => world.hosts.down('esx-1'));
    expect((await rows()).map(({ hosts }) => hosts)).toEqual([['down'], ['down'], ['down']]);
  });

  it('says of the disk what its files say, wherever the VM is and whoever knows it', async () => {
    await world.run(async () => {
      const ref = world.vms.refOf('payroll');
      await world.as().run(powerOffVm, ref, {});
      await world.as().run(unregisterVm, ref, {});
    });
    const short = kek.keyId.slice(0, 8);
    expect(await kekRow()).toMatchObject({ vcenter: '-', servers: ['bytes'], disk: 'ID only' });
    await world.run(() => world.files.unlink(`${world.folder.datastores}/datastore1/payroll/payroll.vmdk`));
    const [first, second] = await rows();
    expect(first).toMatchObject({ key: 'DEK of payroll', disk: 'damaged' });
    expect(second?.key).not.toContain(short);
  });

  it('shouts when key bytes are where only an ID may be', async () => {
    const [needle] = world.needles.of('kek');
    if (needle === undefined || needle.bytes instanceof Uint8Array) throw new Error('no KEK was drawn');
    const bytes = needle.bytes.lend((plain) => plain.slice());
    await world.run(() => plant(world, `${world.folder.vcenter}/leak`, bytes));
    expect((await kekRow()).vcenter).toBe('BYTES');
  });

  it('names a key in a host that belongs to nothing else', async () => {
    const made = await world.run(() => world.as().call(generateProviderKey, null, {}));
    await world.run(async () => {
      await world.as().run(createVm, world.vcenter.datacenters()[0]!.vmFolder, {
        name: 'x' as never,
        host: world.vcenter.hosts()[0]!.id,
        disks: [],
        policy: 'VM Encryption Policy',
        cryptoKeyId: made,
      });
    });
    expect((await rows()).map(({ key }) => key)).toContain(`key ${made.keyId.slice(0, 8)}`);
  });
});

describe('where each key is, with two key servers', () => {
  afterEach(() => world.dispose());

  it('has a column for each: what was not copied yet was never replicated', async () => {
    await begin(['kms-1', 'kms-2'], { every: 600_000 });
    expect((await kekRow()).servers).toEqual(['bytes', 'never replicated']);
    await world.run(() => world.keyServers.stop(['kms-1']));
    expect((await kekRow()).servers).toEqual(['bytes (off)', 'never replicated']);
    await world.run(async () => {
      await world.keyServers.start(['kms-1']);
      await world.clock.after(1_300_000);
    });
    expect((await kekRow()).servers).toEqual(['bytes', 'bytes']);
  });

  it('has a column for each that shares a store, and marks the one that is off', async () => {
    await begin(['kms-1', 'kms-2']);
    await world.run(() => world.keyServers.stop(['kms-1']));
    expect((await kekRow()).servers).toEqual(['bytes (off)', 'bytes']);
    expect(keyTable(world, await rows())[0]?.slice(1, 3)).toEqual(['kms-1', 'kms-2']);
  });
});

describe('a key server of somebody else', () => {
  const keyId = 'abc' as KeyId;
  const server = 'kms-1' as KeyServerName;
  const about = { step: 'FETCH', providerId: 'corp-kms' as ProviderId, server } as const;
  const answer = (result: string) =>
    ({ connection: 1, client: 'vcenter', server, operation: 'Get', keyId, result }) as const;

  it('is known by its last answer and its age, and by whether it answers at all', async () => {
    const clock = new SystemClock();
    const servers = await OutsideKeyServers.open(clock, ['kms-1', 'kms-2'], { host: '127.0.0.1', port: 9 });
    try {
      const look = () => servers.look('kms-1', [keyId]).then(([one]) => one!);
      expect(await look()).toEqual({ has: 'unknown', ageMs: null, reach: 'reachable' });
      servers.hear({ type: 'KEY_GENERATED', keyId: { keyId, providerId: about.providerId }, server });
      expect(await look()).toMatchObject({ has: 'bytes', reach: 'reachable' });
      servers.hearAnswer(answer('ItemNotFound'));
      expect((await look()).has).toBe('gone');
      servers.hearAnswer({ ...answer('Success'), operation: 'GetAttributes' });
      servers.hearAnswer({ ...answer('Success'), result: null });
      expect((await look()).has).toBe('gone');
      servers.hearAnswer(answer('PermissionDenied'));
      expect((await look()).has).toBe('PermissionDenied');
      servers.hearAnswer(answer('Success'));
      await clock.after(20);
      const { has, ageMs } = await look();
      expect(has).toBe('bytes');
      expect(ageMs).toBeGreaterThanOrEqual(10);

      servers.hear({ type: 'KMS_STEP_FAILED', ...about, code: 'TIMED_OUT' });
      expect((await look()).reach).toBe('unreachable');
      servers.hear({ type: 'KMS_STEP_FAILED', ...about, code: 'ItemNotFound' });
      expect((await look()).reach).toBe('reachable');
      await servers.set('kms-1', { kind: 'hang' });
      expect(await look()).toMatchObject({ has: 'bytes', reach: 'unreachable' });
      await servers.clear('kms-1');
      servers.hear({ type: 'KMS_STEP_DONE', ...about });
      await servers.stop(['kms-1']);
      expect((await look()).reach).toBe('off');
      expect(await servers.look('kms-2', [keyId]).then(([one]) => one!)).toEqual({
        has: 'unknown',
        ageMs: null,
        reach: 'reachable',
      });
      expect(servers.names()).toEqual(['kms-1', 'kms-2']);
    } finally {
      await servers.dispose();
    }
  });
});
