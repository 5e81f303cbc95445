// What vCenter looks up and keeps, counted at n and 2n objects: records of its tables that a question visits.
import type { VmInfo } from '@vcryptsim/hypervisor/api';
import { type HostName, type HostUuid, type MoRef, moRef, type VmName, type VmUuid } from '@vcryptsim/ports';
import { MemoryFileSystem, VirtualClock } from '@vcryptsim/simkit';
import { ADMINISTRATOR, ROOT_FOLDER } from '@vcryptsim/vcenter';
import { describe, expect, it, vi } from 'vitest';
import { counted } from '../../../test/support/counted.js';
import { RECORDS_MAX } from '../src/database/schema.js';
import { VcDatabase } from '../src/database/vc-database.js';
import { install } from '../src/installation.js';
import { Inventory } from '../src/inventory/inventory.js';
import { SAMPLE_POLICY } from '../src/policies/sample-policy.js';
import { vmEntity } from '../src/records/entity.js';
import { EventLog } from '../src/records/event-log.js';
import { Tasks } from '../src/records/tasks.js';

const OBSERVER = { emit: () => {} };
const DATASTORE = { name: 'ds', type: 'VMFS', accessible: true, freeBytes: 1 } as const;
const uuidOf = (index: number) => `00000000-0000-4000-9000-${String(index).padStart(12, '0')}` as VmUuid;

async function openDatabase(): Promise<VcDatabase> {
  return VcDatabase.open(new MemoryFileSystem(), '/vcenter', (tx) => install(tx, 'vcenter'));
}

function infoOf(index: number): VmInfo {
  const name = `vm-${index}` as VmName;
  return {
    ...{ uuid: uuidOf(index), name, vmxPath: `[ds] ${name}/${name}.vmx`, powerState: 'poweredOff' },
    ...{ connectionState: 'connected', cryptoState: 'unlocked', keyId: null, disks: [], missingKeys: [] },
  };
}

/** An inventory of so many clusters, each with a host that mounts one datastore and has one VM. */
async function inventoryOf(clusters: number): Promise<{ inventory: Inventory; database: VcDatabase }> {
  const database = await openDatabase();
  const inventory = new Inventory(database, OBSERVER);
  for (let index = 0; index < clusters; index++) {
    const datacenter = await inventory.addDatacenter(ROOT_FOLDER, `dc-${index}`);
    const cluster = await inventory.addCluster(datacenter.hostFolder, `cluster-${index}`);
    const host = await inventory.addHost(cluster.id as MoRef<'ClusterComputeResource'>, {
      ...{ name: `esx-${index}` as HostName, uuid: `uuid-${index}` as HostUuid, version: '7.0U2', incarnation: 1 },
      ...{ connectionState: 'connected', cryptoState: 'incapable', requiresEncryption: false },
      datastores: [],
    });
    await inventory.seeDatastores(host, [DATASTORE]);
    const applied = { folder: datacenter.vmFolder, product: null, keysWithheld: false, home: SAMPLE_POLICY, disks: [] };
    await inventory.seeVms(host, [infoOf(index)], applied);
  }
  return { inventory, database };
}

/** Counts the records that are visited in any table while something is asked. */
async function visitsOf(database: VcDatabase, ask: () => unknown): Promise<number> {
  let visits = 0;
  const original = database.table.bind(database);
  const spy = vi.spyOn(database, 'table').mockImplementation(((name: 'vms') => {
    const table = original(name);
    return new Proxy(table, {
      get: (_, member) => {
        if (member === 'size') return table.size;
        const call = Reflect.get(table, member, table) as (...args: unknown[]) => unknown;
        return (...args: unknown[]) => {
          visits += member === 'get' || member === 'has' ? 1 : table.size;
          return call.apply(table, args);
        };
      },
    });
  }) as never);
  await ask();
  spy.mockRestore();
  return visits;
}

describe('the inventory of a vCenter', () => {
  it('finds what is asked for without a walk through what is not', async () => {
    const ask = async (count: number): Promise<number> => {
      const { inventory, database } = await inventoryOf(count);
      const host = inventory.hostNamed(`esx-${count - 1}` as HostName)!;
      const folder = inventory.datacenterOf(host.id)!.vmFolder;
      const before = JSON.stringify([...database.table('hosts')]);
      const visits = await visitsOf(database, async () => {
        expect(inventory.hostsOf(host.parent).map(({ id }) => id)).toEqual([host.id]);
        expect(inventory.vmsOn(host.id)).toHaveLength(1);
        expect(inventory.vmOf(uuidOf(0))).toMatchObject({ name: 'vm-0' });
        expect(inventory.vmOf(uuidOf(count))).toBeNull();
        expect(inventory.hostNamed('nobody' as HostName)).toBeNull();
        expect(inventory.datastoresOf(host.id, 'ds')).toHaveLength(1);
        expect(inventory.datastoresOf(host.id, 'other')).toEqual([]);
        expect(inventory.isNameTaken('vms', folder, `vm-${count - 1}`)).toBe(true);
        expect(inventory.isNameTaken('vms', folder, 'vm-0')).toBe(false);
        expect(inventory.usesOf(SAMPLE_POLICY.id)).toBe(count);
        expect(inventory.vmKeysOf(host.parent)).toEqual([]);
        expect(inventory.pathOf(inventory.vmsOn(host.id)[0]!.id).at(-1)).toBe(ROOT_FOLDER);
        expect(inventory.nameOf(folder)).toBe('vm');
        await inventory.seeHost(host.id, { connectionState: 'connected', cryptoState: 'incapable', incarnation: 1 });
        await inventory.seeVms(host, [infoOf(count - 1)]);
        await inventory.seeDatastores(host, [DATASTORE]);
        await expect(inventory.addCluster(folder, 'new')).resolves.toMatchObject({ name: 'new' });
        await expect(inventory.addCluster(folder, 'new')).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
        await expect(inventory.addFolder(folder, 'new')).resolves.toMatchObject({ name: 'new' });
        await expect(inventory.addFolder(folder, 'new')).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
        await expect(inventory.addDatacenter(ROOT_FOLDER, 'dc-0')).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
      });
      expect(JSON.stringify([...database.table('hosts')])).toBe(before);
      return visits;
    };
    const [small, large] = [await ask(20), await ask(40)];
    expect(counted('records visited by lookups', [small, '20 of each'], [large, '40'])).toBeLessThanOrEqual(1.1);
  });

  it('counts the uses of a policy as VMs and disks come, change and go, and after a start', async () => {
    const { inventory, database } = await inventoryOf(3);
    const uses = () => inventory.usesOf(SAMPLE_POLICY.id);
    const [first, second] = [inventory.vmOf(uuidOf(0))!, inventory.vmOf(uuidOf(1))!];
    await inventory.keepVm(first.id, { policy: null, policyGeneration: 0 });
    expect(uses()).toBe(2);
    const disk = { deviceKey: 2000, fileName: '[ds] a', keyId: null, policyGeneration: 0 };
    await inventory.keepVm(first.id, { disks: [{ ...disk, policy: SAMPLE_POLICY.id }] });
    expect(uses()).toBe(3);
    await inventory.removeVm(second.id);
    expect(uses()).toBe(2);
    expect(new Inventory(database, OBSERVER).usesOf(SAMPLE_POLICY.id)).toBe(2);
  });
});

describe('events and tasks that are kept', () => {
  it('stay so many, of which the oldest goes, and one more costs the same however many came before', async () => {
    const database = await openDatabase();
    const log = new EventLog(database, new VirtualClock({ startMs: 0 }), OBSERVER, '7.0U3');
    const entity = vmEntity({ id: moRef('VirtualMachine', 1), name: 'vm' });
    const record = () => log.record({ type: 'vim.event.VmCreatedEvent', entity, user: ADMINISTRATOR });
    for (let at = 0; at < 2 * RECORDS_MAX; at++) await record();
    const keys = [...database.table('events').values()].map(({ key }) => key);
    expect([keys.length, keys[0], keys.at(-1)]).toEqual([RECORDS_MAX, RECORDS_MAX + 1, 2 * RECORDS_MAX]);
    // Two in one change drop two.
    await database.change((tx) => {
      for (let at = 0; at < 2; at++) log.putIn(tx, { type: 'vim.event.VmCreatedEvent', entity, user: ADMINISTRATOR });
    });
    expect(database.table('events').size).toBe(RECORDS_MAX);
    expect([...database.table('events').values()][0]?.key).toBe(RECORDS_MAX + 3);
  });

  it('leave live tasks alone, however many, and come down to their number when these end', async () => {
    const database = await openDatabase();
    const tasks = new Tasks(database, new VirtualClock({ startMs: 0 }), OBSERVER);
    const entity = vmEntity({ id: moRef('VirtualMachine', 1), name: 'vm' });
    let end = () => {};
    const wait = new Promise<void>((resolve) => {
      end = resolve;
    });
    const begin = (work: () => Promise<null>) =>
      tasks.begin({ name: 'PowerOnVM_Task', entity, user: ADMINISTRATOR, turn: null, work });
    const live = [];
    for (let at = 0; at < RECORDS_MAX + 200; at++) live.push(await begin(() => wait.then(() => null)));
    expect(tasks.all()).toHaveLength(RECORDS_MAX + 200);
    expect(tasks.all().every(({ state }) => state === 'running')).toBe(true);
    end();
    await tasks.settled();
    for (let at = 0; at < 3; at++) await (await begin(async () => null)).ended;
    expect(tasks.all()).toHaveLength(RECORDS_MAX);
    expect(tasks.all().at(-1)?.id).toBe(moRef('Task', RECORDS_MAX + 203));
    expect(tasks.find(live[0]!.id)).toBeNull();
  });
});
