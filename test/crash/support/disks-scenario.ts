// Disks that come, go or grow, and are cut.
import type { VmReconfigureSpec } from '@vcryptsim/hypervisor/api';
import type { FileSystem } from '@vcryptsim/ports';
import type { MemoryFileSystem } from '@vcryptsim/simkit';
import { type Cut, must, mustOpen, type Process, type Scenario, type Seen } from '../scenario.js';
import { madeVm } from './change-scenario.js';
import { guestData } from './guest-data.js';
import { checkBinding } from './vm-binding.js';
import { checkFolder, filesInClear, powerOnAndLook } from './vm-check.js';
import { type DiskShape, VM, VmWorld } from './vm-world.js';

/** What is changed. */
export interface DisksChange {
  readonly name: string;
  /** Their guest has written all of them. */
  readonly disks: readonly DiskShape[];
  /** What is done before, whole. */
  readonly before?: (world: VmWorld) => Promise<void>;
  readonly spec: VmReconfigureSpec;
  /** Files of the folder that need not be the VM's. */
  readonly loose: readonly string[];
  /** The salt of the data of a disk that came to another device key. */
  readonly movedTo?: ReadonlyMap<number, number>;
}

/** Walks the cuts of one change of disks: the VM has its disks as they were or as they were to be, each with its data. */
export function disksScenario(change: DisksChange): Scenario {
  const { name, disks, loose, movedTo = new Map<number, number>() } = change;
  let stateBefore = '';
  let stateAfter = '';

  const look = (deviceKey: number, bytes: Uint8Array): void => {
    const salt = movedTo.get(deviceKey) ?? deviceKey;
    const shape = disks[salt - 2000];
    const written = shape === undefined ? new Uint8Array(0) : guestData(shape.sizeBytes, salt);
    const isWhole = Buffer.compare(bytes.subarray(0, written.length), written) === 0;
    must(isWhole, () => `disk ${deviceKey} has other data than its guest wrote`);
    must(
      bytes.subarray(written.length).every((byte) => byte === 0),
      () => `disk ${deviceKey} has no zeros after its data`,
    );
  };

  const prepare = async (): Promise<MemoryFileSystem> => {
    const memory = await madeVm({ name, disks, spec: {} });
    const world = await VmWorld.boot(memory, 2);
    await change.before?.(world);
    await world.host.shutDown();
    const tried = await VmWorld.boot(memory.fork(), 3);
    stateBefore = await stateOf(tried);
    await tried.host.reconfigureVm(VM, change.spec);
    stateAfter = await stateOf(tried);
    must(stateBefore !== stateAfter, () => 'the change changes no disk');
    return memory;
  };

  const start = async (files: FileSystem): Promise<Process> => {
    const world = await VmWorld.boot(files, 3);
    return {
      work: async (answered) => {
        await world.host.reconfigureVm(VM, change.spec);
        answered();
      },
      goOn: async () => {
        // Where the medium failed in the very moment of the switch, this boot knows no better.
        const isUnsettled = await world.host.powerOnVm(VM).then(
          () => false,
          (error: { fault?: { state?: string } }) => error.fault?.state === 'unsettled',
        );
        if (isUnsettled) return;
        await world.host.powerOffVm(VM).catch(() => {});
        await powerOnAndLook(world, 'in the same boot', look);
      },
    };
  };

  const recover = async (files: FileSystem): Promise<void> => {
    const { host } = await VmWorld.boot(files, 4);
    await host.powerOnVm(VM);
    await host.powerOffVm(VM);
  };

  const check = async (files: MemoryFileSystem, cut: Cut): Promise<Seen> => {
    if (cut.isInWork && cut.answered > 0) await checkWhole(files, 'after the answer', loose);
    const first = await VmWorld.boot(files, 11);
    await powerOnAndLook(first, 'first start', look);
    const state = await stateOf(first);
    must(state === stateBefore || state === stateAfter, () => `it ended with ${state}`);
    await first.host.shutDown();
    await checkWhole(files, 'after the first start', loose);
    const steps = state === stateAfter ? 1 : 0;
    must(steps >= cut.answered, () => 'the change was answered, and is gone');
    const second = await VmWorld.boot(files, 12);
    if (steps === 0) await mustOpen('issued again', () => second.host.reconfigureVm(VM, change.spec));
    await powerOnAndLook(second, 'issued again', look);
    must((await stateOf(second)) === stateAfter, () => 'issued again, and not made');
    await mustOpen('shut down', () => second.host.shutDown());
    await checkWhole(files, 'issued again', loose);
    return { steps, isResumed: true };
  };

  return { name, prepare, start, recover, check };
}

/** No file too many, none that is missing, one key of each disk, and nothing of an encrypted VM in clear. */
async function checkWhole(files: MemoryFileSystem, when: string, loose: readonly string[]): Promise<void> {
  await checkFolder(files, when, loose);
  await mustOpen(`the sealed binding ${when}`, () => checkBinding(files));
  const clear = await filesInClear(files);
  must(clear.length === 0, () => `${when}: in clear in ${clear.join(', ')}`);
}

/** Its disks, as a text that equal states share. */
async function stateOf({ host }: VmWorld): Promise<string> {
  const { disks } = await host.vm(VM);
  return disks.map(({ deviceKey, capacity }) => `${deviceKey}:${capacity}`).join(' ');
}
