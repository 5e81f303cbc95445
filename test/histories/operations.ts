// What may happen in a history: whether it is possible now, and what it does to the host and to the model.
import { sectorCount, sectorIndex, type VmName, type VmUuid } from '@vcryptsim/ports';
import type { Chance } from './chance.js';
import { KEKS, type Machine } from './machine.js';
import { isLinear, MEMORY_BYTES, ModelDisk, type ModelSnapshot, type ModelVm, SECTOR_BYTES } from './model.js';

const SNAPSHOTS_MAX = 6;
const SECTORS_MAX = 512;
const VMS_MAX = 4;

/** Where a history is. */
export interface Scene {
  readonly chance: Chance;
  readonly machine: Machine;
  /** The VM whose turn it is. */
  readonly vm: ModelVm;
  readonly vms: ModelVm[];
  /** Text that every sector of a guest begins with. */
  readonly mark: string;
}

/** One thing that may happen. */
export interface Operation {
  readonly name: string;
  /** How often it is drawn, beside the others. */
  readonly weight: number;
  isPossible(scene: Scene): boolean;
  perform(scene: Scene): Promise<void>;
}

const isOn = ({ vm }: Scene): boolean => vm.power === 'on';
const isOff = ({ vm }: Scene): boolean => vm.power === 'off';
const isNotSuspended = ({ vm }: Scene): boolean => vm.power !== 'suspended';

/** Sectors as a guest writes them: they begin with the mark, so that one of them in clear is found. */
export function guestSectors(chance: Chance, mark: string, count: number): Uint8Array {
  const bytes = new Uint8Array(count * SECTOR_BYTES);
  for (let sector = 0; sector < count; sector++) {
    const text = new TextEncoder().encode(`${mark} ${chance.below(2 ** 30)} `);
    bytes.fill(chance.below(256), sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES);
    bytes.set(text, sector * SECTOR_BYTES);
  }
  return bytes;
}

function drawRange({ chance, vm }: Scene): { deviceKey: number; disk: ModelDisk; start: number; count: number } {
  const [deviceKey = 0, disk = new ModelDisk(new Uint8Array(SECTOR_BYTES))] = chance.pick([...vm.disks]) ?? [];
  const start = chance.below(disk.sectors);
  const count = Math.min(1 + chance.below(chance.oneIn(4) ? 40 : 9), disk.sectors - start);
  return { deviceKey, disk, start, count };
}

/** Everything that was written is in the files: the links were closed, or flushed. */
function settle(vm: ModelVm): void {
  for (const disk of vm.disks.values()) disk.settle();
}

function powered(vm: ModelVm, machine: Machine, power: ModelVm['power']): void {
  vm.power = power;
  machine.forget(vm.uuid);
  settle(vm);
}

function bytesOf(vm: ModelVm): Map<number, Uint8Array> {
  return new Map([...vm.disks].map(([deviceKey, disk]) => [deviceKey, disk.bytes.slice()]));
}

const takesSnapshot =
  (memory: boolean) =>
  async ({ chance, machine, vm }: Scene): Promise<void> => {
    const made = await machine.host.createSnapshot(vm.uuid, { name: `s${chance.below(1000)}`, memory });
    const { id, parentId, hasMemory } = made;
    if (parentId !== vm.currentId) throw new Error(`snapshot ${id} rests on ${parentId}, not on ${vm.currentId}`);
    if (hasMemory !== memory) throw new Error(`snapshot ${id} has memory: ${hasMemory}`);
    vm.snapshots.push({ id, parentId, disks: bytesOf(vm), memory: memory ? vm.memory.slice() : null });
    vm.currentId = id;
    settle(vm);
  };

function drop(vm: ModelVm, gone: ModelSnapshot): void {
  vm.snapshots = vm.snapshots.filter((one) => one !== gone);
  for (const one of vm.snapshots) if (one.parentId === gone.id) one.parentId = gone.parentId;
  if (vm.currentId === gone.id) vm.currentId = gone.parentId;
}

const recrypts =
  (type: 'ShallowRecrypt' | 'DeepRecrypt') =>
  async ({ chance, machine, vm }: Scene): Promise<void> => {
    const key = chance.pick(KEKS.filter(({ id }) => id.keyId !== vm.keyId?.keyId)) ?? KEKS[0];
    await machine.host.reconfigureVm(vm.uuid, { crypto: { type, newKeyId: key.id } });
    vm.keyId = key.id;
  };

const clones =
  (kind: 'full' | 'linked') =>
  async ({ machine, vm, vms }: Scene): Promise<void> => {
    const number = vms.length + 1;
    const [name, uuid] = [`clone-${number}` as VmName, `4f1d1d0e-6c0f-4d2a-9d6e-00000000000${number}` as VmUuid];
    await machine.host.cloneVm(vm.uuid, { name, uuid, kind });
    const frozen = vm.snapshots.find(({ id }) => id === vm.currentId);
    const content = kind === 'linked' && frozen !== undefined ? frozen.disks : bytesOf(vm);
    const disks = new Map([...content].map(([deviceKey, bytes]) => [deviceKey, new ModelDisk(bytes.slice())]));
    const isLinked = kind === 'linked';
    vm.isLinked ||= isLinked;
    const [memory, snapshots] = [new Uint8Array(MEMORY_BYTES), []];
    vms.push({ uuid, name, power: 'off', disks, memory, snapshots, currentId: null, keyId: vm.keyId, isLinked });
  };

export const OPERATIONS: readonly Operation[] = [
  {
    ...{ name: 'write', weight: 40, isPossible: isOn },
    perform: async (scene) => {
      const { deviceKey, disk, start, count } = drawRange(scene);
      const bytes = guestSectors(scene.chance, scene.mark, count);
      if (scene.chance.oneIn(8)) bytes.fill(0);
      const fua = scene.chance.oneIn(6);
      const device = await scene.machine.device(scene.vm.uuid, deviceKey);
      await device.writeSectors(sectorIndex(start), bytes, { fua });
      disk.write(start, bytes);
      if (fua) disk.settle();
    },
  },
  {
    ...{ name: 'trim', weight: 8, isPossible: isOn },
    perform: async (scene) => {
      const { deviceKey, disk, start, count } = drawRange(scene);
      await scene.machine.trim(scene.vm.uuid, deviceKey, start, count);
      disk.write(start, new Uint8Array(count * SECTOR_BYTES));
    },
  },
  {
    ...{ name: 'flush', weight: 6, isPossible: isOn },
    perform: async ({ machine, vm }) => {
      for (const deviceKey of vm.disks.keys()) await (await machine.device(vm.uuid, deviceKey)).flush();
      settle(vm);
    },
  },
  {
    ...{ name: 'power on', weight: 14, isPossible: isOff },
    perform: async ({ machine, vm }) => {
      await machine.host.powerOnVm(vm.uuid);
      powered(vm, machine, 'on');
      vm.memory = new Uint8Array(MEMORY_BYTES);
    },
  },
  {
    ...{ name: 'write memory', weight: 12, isPossible: isOn },
    perform: async ({ chance, machine, vm, mark }) => {
      const bytes = guestSectors(chance, mark, 1 + chance.below(20));
      const at = chance.below(MEMORY_BYTES - bytes.length);
      await machine.writeMemory(vm.uuid, bytes, at);
      vm.memory.set(bytes, at);
    },
  },
  {
    ...{ name: 'reclaim memory', weight: 5, isPossible: isOn },
    perform: async ({ chance, machine, vm }) => {
      await machine.host.reclaimMemory(vm.uuid, 1 + chance.below(40));
    },
  },
  {
    ...{ name: 'power off', weight: 4, isPossible: isOn },
    perform: async ({ machine, vm }) => {
      await machine.host.powerOffVm(vm.uuid);
      powered(vm, machine, 'off');
    },
  },
  {
    ...{ name: 'suspend', weight: 3, isPossible: isOn },
    perform: async ({ machine, vm }) => {
      await machine.host.suspendVm(vm.uuid);
      powered(vm, machine, 'suspended');
    },
  },
  {
    ...{ name: 'resume', weight: 20, isPossible: ({ vm }) => vm.power === 'suspended' },
    perform: async ({ machine, vm }) => {
      await machine.host.powerOnVm(vm.uuid);
      powered(vm, machine, 'on');
    },
  },
  {
    ...{ name: 'snapshot', weight: 7 },
    isPossible: (scene) => isNotSuspended(scene) && scene.vm.snapshots.length < SNAPSHOTS_MAX,
    perform: takesSnapshot(false),
  },
  {
    ...{ name: 'snapshot with memory', weight: 3 },
    isPossible: (scene) => isOn(scene) && scene.vm.snapshots.length < SNAPSHOTS_MAX,
    perform: takesSnapshot(true),
  },
  {
    ...{ name: 'revert', weight: 4 },
    isPossible: ({ vm }) => vm.snapshots.length > 0,
    perform: async ({ chance, machine, vm }) => {
      const snapshot = chance.pick(vm.snapshots);
      if (snapshot === undefined) return;
      await machine.host.revertToSnapshot(vm.uuid, snapshot.id);
      vm.disks.clear();
      for (const [deviceKey, bytes] of snapshot.disks) vm.disks.set(deviceKey, new ModelDisk(bytes.slice()));
      vm.currentId = snapshot.id;
      powered(vm, machine, snapshot.memory === null ? 'off' : 'on');
      vm.memory = snapshot.memory?.slice() ?? new Uint8Array(MEMORY_BYTES);
    },
  },
  {
    ...{ name: 'delete a snapshot', weight: 4 },
    isPossible: (scene) => isNotSuspended(scene) && scene.vm.snapshots.length > 0 && !scene.vm.isLinked,
    perform: async ({ chance, machine, vm }) => {
      const snapshot = chance.pick(vm.snapshots);
      if (snapshot === undefined) return;
      await machine.host.removeSnapshot(vm.uuid, { id: snapshot.id });
      drop(vm, snapshot);
    },
  },
  {
    ...{ name: 'delete all snapshots', weight: 2 },
    isPossible: (scene) => isNotSuspended(scene) && scene.vm.snapshots.length > 1 && !scene.vm.isLinked,
    perform: async ({ machine, vm }) => {
      await machine.host.removeAllSnapshots(vm.uuid);
      vm.snapshots = [];
      vm.currentId = null;
    },
  },
  {
    ...{ name: 'consolidate', weight: 2, isPossible: isNotSuspended },
    perform: ({ machine, vm }) => machine.host.consolidateDisks(vm.uuid),
  },
  {
    ...{ name: 'grow', weight: 3 },
    isPossible: (scene) => isOff(scene) && scene.vm.snapshots.length === 0 && !scene.vm.isLinked,
    perform: async ({ chance, machine, vm }) => {
      const [deviceKey, disk] = chance.pick([...vm.disks]) ?? [];
      if (deviceKey === undefined || disk === undefined || disk.sectors >= SECTORS_MAX) return;
      const sectors = disk.sectors + 8 * (1 + chance.below(12));
      await machine.host.reconfigureVm(vm.uuid, { growDisks: [{ deviceKey, capacity: sectorCount(sectors) }] });
      disk.grow(sectors);
    },
  },
  {
    ...{ name: 'shallow recrypt', weight: 4 },
    isPossible: ({ vm }) => vm.keyId !== null && isLinear(vm) && !vm.isLinked && vm.power !== 'suspended',
    perform: recrypts('ShallowRecrypt'),
  },
  {
    ...{ name: 'deep recrypt', weight: 2 },
    isPossible: (scene) =>
      isOff(scene) && scene.vm.keyId !== null && scene.vm.snapshots.length === 0 && !scene.vm.isLinked,
    perform: recrypts('DeepRecrypt'),
  },
  {
    ...{ name: 'full clone', weight: 2, isPossible: (scene) => isOff(scene) && scene.vms.length < VMS_MAX },
    perform: clones('full'),
  },
  {
    ...{ name: 'linked clone', weight: 2 },
    isPossible: (scene) => isOff(scene) && scene.vms.length < VMS_MAX && scene.vm.currentId !== null,
    perform: clones('linked'),
  },
  {
    ...{ name: 'reboot', weight: 2, isPossible: () => true },
    perform: async ({ machine, vms }) => {
      for (const vm of vms.filter(({ power }) => power === 'on')) {
        await machine.host.powerOffVm(vm.uuid);
        powered(vm, machine, 'off');
      }
      await machine.reboot();
    },
  },
  {
    ...{ name: 'crash', weight: 4, isPossible: () => true },
    perform: async ({ machine, vms }) => {
      await machine.reboot();
      for (const vm of vms.filter(({ power }) => power === 'on')) {
        for (const [deviceKey, disk] of vm.disks) {
          const sector = disk.afterCrash(await machine.exported(vm.uuid, deviceKey));
          if (sector !== null)
            throw new Error(`after a crash sector ${sector} of disk ${deviceKey} is none of its states`);
        }
        powered(vm, machine, 'off');
      }
    },
  },
];
