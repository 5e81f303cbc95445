// A copy of a VM that is cut while it is made.
import type { VmCloneSpec } from '@vcryptsim/hypervisor/api';
import { equalBytes, type FileSystem, sectorIndex, type VmName, type VmUuid } from '@vcryptsim/ports';
import type { MemoryFileSystem } from '@vcryptsim/simkit';
import { type Cut, Loss, must, mustOpen, type Process, type Scenario, type Seen } from '../scenario.js';
import { madeVm } from './change-scenario.js';
import { guestData, isInClear } from './guest-data.js';
import { entriesOf } from './image.js';
import { powerOnAndLook } from './vm-check.js';
import { DATASTORE, type DiskShape, VM, VmWorld } from './vm-world.js';

const COPY = 'c0c0c0c0-6c0f-4d2a-9d6e-0a1b2c3d4e5f' as VmUuid;

/** Walks the cuts of a clone: the host has the copy whole or has none, the source is as it was, and another copy can be made. */
export function cloneScenario(name: string, disks: readonly DiskShape[], kind: VmCloneSpec['kind']): Scenario {
  const spec: VmCloneSpec = { name: 'copy' as VmName, uuid: COPY, kind: kind ?? 'full' };

  const look = (deviceKey: number, bytes: Uint8Array): void => {
    const shape = disks[deviceKey - 2000];
    const wanted = guestData(shape?.sizeBytes ?? 0, deviceKey);
    must(equalBytes(bytes, wanted), () => `disk ${deviceKey} has other data than its guest wrote`);
  };

  const prepare = async (): Promise<MemoryFileSystem> => {
    const memory = await madeVm({ name, disks, spec: {} });
    const { host } = await VmWorld.boot(memory, 2);
    if (kind === 'linked') await host.createSnapshot(VM, { name: 'frozen' });
    await host.shutDown();
    return memory;
  };

  const start = async (files: FileSystem): Promise<Process> => {
    const world = await VmWorld.boot(files, 3);
    return {
      work: async (answered) => {
        await world.host.cloneVm(VM, spec);
        answered();
      },
    };
  };

  const recover = async (files: FileSystem): Promise<void> => {
    const { host } = await VmWorld.boot(files, 4);
    for (const { uuid } of await host.vms()) {
      await host.powerOnVm(uuid);
      await host.powerOffVm(uuid);
    }
  };

  const check = async (files: MemoryFileSystem, { answered }: Cut): Promise<Seen> => {
    const world = await VmWorld.boot(files, 11);
    const vms = await world.host.vms();
    const steps = vms.length - 1;
    must(vms.some(({ uuid }) => uuid === VM) && (steps === 0 || steps === 1), () => `the host has ${vms.length} VMs`);
    must(steps >= answered, () => 'the copy was made, and the host has none');
    await powerOnAndLook(world, 'the source', look);
    if (steps === 0) await mustOpen('made again', () => world.host.cloneVm(VM, spec));
    await lookAtCopy(world, disks, look);
    await powerOnAndLook(world, 'the source, after the copy wrote', look);
    await mustOpen('shut down', () => world.host.shutDown());
    for await (const { path, bytes } of entriesOf(files, DATASTORE)) {
      must(bytes === null || !isInClear(bytes), () => `${path} is in clear`);
      // What a cut left of the first is a folder that no host knows, and nothing else.
      if (!/\/ds1\/(web|copy(_1)?|\.(lock|vh)\.sf)(\/|$)/.test(path)) throw new Loss('lost', `stray ${path}`);
    }
    return { steps, isResumed: true };
  };

  return { name, prepare, start, recover, check };
}

/** The copy powers on, reads what the source had, and writes for itself. */
async function lookAtCopy(
  { host }: VmWorld,
  disks: readonly DiskShape[],
  look: (deviceKey: number, bytes: Uint8Array) => void,
): Promise<void> {
  await mustOpen('the copy', async () => {
    await host.powerOnVm(COPY);
    for (const [at, { sizeBytes }] of disks.entries()) {
      const disk = await host.openDisk(COPY, 2000 + at);
      const bytes = new Uint8Array(sizeBytes);
      await disk.readSectors(sectorIndex(0), bytes);
      look(2000 + at, bytes);
      await disk.writeSectors(sectorIndex(0), guestData(sizeBytes, 77));
      await disk.flush();
    }
    await host.powerOffVm(COPY);
  });
}
