// Snapshots at vCenter: tasks, events, and what is refused before a key is made, with real hosts and their files.
import { sectorCount, sectorIndex, type VmName, type VmUuid } from '@vcryptsim/ports';
import type { EventType, VCenter } from '@vcryptsim/vcenter';
import {
  consolidateVmDisks,
  createSnapshot,
  removeAllSnapshots,
  removeSnapshot,
  revertToSnapshot,
} from '@vcryptsim/vcenter/catalogue';
import { describe, expect, it } from 'vitest';
import { as } from './support/as-user.js';
import { ESX_1, type Lab } from './support/lab.js';
import { type RealHosts, withRealHost } from './support/real-hosts.js';

const POLICY = 'VM Encryption Policy';

interface World {
  readonly lab: Lab;
  readonly vcenter: VCenter;
  readonly hosts: RealHosts;
  readonly vm: VmUuid;
}

/** A running encrypted VM of one disk. */
function withVm(test: (world: World) => Promise<void>): Promise<void> {
  return withRealHost(async (lab, vcenter, hosts) => {
    const task = await as(vcenter).createVm({
      ...{ name: 'payroll' as VmName, host: ESX_1, policy: POLICY, disks: [{ capacity: sectorCount(256) }] },
    });
    expect(task.error).toBeNull();
    const vm = vcenter.vms()[0]!.uuid;
    await as(vcenter).powerOnVm(vm);
    await test({ lab, vcenter, hosts, vm });
  });
}

const taken = ({ vcenter }: World, name: string) =>
  as(vcenter).session.run(createSnapshot, vcenter.vms()[0]!.id, { name });
const listed = ({ vcenter }: World) => vcenter.snapshotsOf(vcenter.vms()[0]!.id);
const eventsOf = ({ vcenter }: World, type: EventType) => vcenter.eventRecords().filter((each) => each.type === type);

async function write({ hosts, vm }: World, byte: number): Promise<void> {
  const disk = await (await hosts.connect(ESX_1)).openDisk(vm, 2000);
  await disk.writeSectors(sectorIndex(7), new Uint8Array(512).fill(byte));
  await disk.flush();
}

async function read({ hosts, vm }: World): Promise<number> {
  const bytes = new Uint8Array(512);
  await (await (await hosts.connect(ESX_1)).openDisk(vm, 2000)).readSectors(sectorIndex(7), bytes);
  expect(new Set(bytes).size).toBe(1);
  return bytes[0]!;
}

describe('a snapshot', () => {
  it('is taken, reverted and removed by tasks, with the events and arguments of the product', () =>
    withVm(async (world) => {
      const { vcenter, vm } = world;
      const { session } = as(vcenter);
      const { id, keyId } = vcenter.vms()[0]!;
      await write(world, 0x11);
      expect(await taken(world, 'before')).toMatchObject({ name: 'CreateSnapshot_Task', error: null, result: '1' });
      await write(world, 0x22);
      expect(await listed(world)).toMatchObject({
        currentId: 1,
        consolidationNeeded: false,
        snapshots: [{ id: 1, name: 'before', parentId: null, hasMemory: false }],
      });
      // The child is what vCenter now knows of the disk, under the key of its parent.
      expect(vcenter.vms()[0]!.disks).toMatchObject([{ fileName: '[ds1] payroll/payroll-000001.vmdk', keyId }]);

      expect(await session.run(revertToSnapshot, id, { snapshot: 1 })).toMatchObject({ error: null });
      expect(eventsOf(world, 'com.vmware.vc.vm.VmStateRevertedToSnapshot')).toMatchObject([
        { entity: { id }, arguments: { snapshotName: 'before', snapshotId: '1' } },
      ]);
      expect(vcenter.vms()[0]!.powerState).toBe('poweredOff');
      expect((await as(vcenter).powerOnVm(vm)).error).toBeNull();
      expect(await read(world)).toBe(0x11);

      expect(await session.run(removeSnapshot, id, { snapshot: 1 })).toMatchObject({ error: null });
      expect(await listed(world)).toMatchObject({ currentId: null, snapshots: [] });
      expect(await read(world)).toBe(0x11);
    }));

  it('that is not there is refused by both, which tell what there is', () =>
    withVm(async (world) => {
      const { vcenter } = world;
      const { id } = vcenter.vms()[0]!;
      await taken(world, 'before');
      for (const operation of [revertToSnapshot, removeSnapshot]) {
        const { error } = await as(vcenter).session.run(operation as typeof revertToSnapshot, id, { snapshot: 9 });
        expect(error).toMatchObject({ code: 'OBJECT_NOT_FOUND' });
        expect(error!.message).toContain('1 (before)');
      }
      expect(eventsOf(world, 'com.vmware.vc.vm.VmStateFailedToRevertToSnapshot')).toEqual([]);
      expect((await listed(world)).snapshots).toHaveLength(1);
    }));

  it('is one of several: all go at once, and there is nothing left to consolidate', () =>
    withVm(async (world) => {
      const { vcenter } = world;
      const { id } = vcenter.vms()[0]!;
      for (const [byte, name] of ['a', 'b', 'c'].entries()) {
        await write(world, byte);
        expect((await taken(world, name)).error).toBeNull();
      }
      await write(world, 0x33);
      expect((await as(vcenter).session.run(removeAllSnapshots, id, {})).error).toBeNull();
      expect(await listed(world)).toMatchObject({ snapshots: [], consolidationNeeded: false });
      expect(await read(world)).toBe(0x33);
      expect((await as(vcenter).session.run(consolidateVmDisks, id, {})).error).toBeNull();
      expect(eventsOf(world, 'com.vmware.vc.VmDiskConsolidatedEvent')).toHaveLength(1);
    }));
});

describe('a VM with snapshots', () => {
  it('is not encrypted, decrypted or recrypted deep: refused before a key is made, and nothing differs', () =>
    withVm(async (world) => {
      const { lab, vcenter, vm } = world;
      await as(vcenter).powerOffVm(vm);
      await taken(world, 'before');
      const before = { keys: lab.servers.keys.size, files: await lab.filesUnder('/datastores') };
      for (const args of [{ crypto: { type: 'DeepRecrypt' } as const }, { policy: 'Datastore Default' }]) {
        expect(await as(vcenter).reconfigVm(vm, args)).toMatchObject({
          error: { code: 'SNAPSHOTS_PRESENT', fault: { messageKey: 'msg.hostd.configSpec.enc.snapshots' } },
        });
      }
      expect({ keys: lab.servers.keys.size, files: await lab.filesUnder('/datastores') }).toEqual(before);
    }));

  it('is recrypted shallow in one line of them, and not where there are branches', () =>
    withVm(async (world) => {
      const { lab, vcenter, vm } = world;
      const { id, keyId } = vcenter.vms()[0]!;
      await taken(world, 'a');
      await taken(world, 'b');
      expect(await as(vcenter).reconfigVm(vm, { crypto: { type: 'ShallowRecrypt' } })).toMatchObject({ error: null });
      expect(vcenter.vms()[0]!.keyId).not.toEqual(keyId);

      await as(vcenter).session.run(revertToSnapshot, id, { snapshot: 1 });
      await taken(world, 'c');
      const keys = lab.servers.keys.size;
      expect(await as(vcenter).reconfigVm(vm, { crypto: { type: 'ShallowRecrypt' } })).toMatchObject({
        error: { code: 'SNAPSHOTS_PRESENT' },
      });
      expect(lab.servers.keys.size).toBe(keys);
    }));
});
