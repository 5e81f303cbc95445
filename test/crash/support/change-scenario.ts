// A change of a VM's keys that is cut: shallow, deep, encrypt, decrypt, beside or in place.
import type { VmReconfigureSpec } from '@vcryptsim/hypervisor/api';
import { equalBytes, type FileSystem } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { type Cut, Loss, must, mustOpen, type Process, type Scenario, type Seen } from '../scenario.js';
import { guestData } from './guest-data.js';
import { checkDone, checkFolder, checkStarted, filesInClear, powerOnAndLook } from './vm-check.js';
import { type DiskShape, fill, keysText, VM, VmWorld, webVm } from './vm-world.js';

/** What is changed. */
export interface Change {
  readonly name: string;
  readonly disks: readonly DiskShape[];
  /** Whether the VM is plain before. */
  readonly isPlain?: boolean;
  readonly spec: VmReconfigureSpec;
  /** Room that is left on the medium; without it there is as much as anybody wants. */
  readonly freeBytes?: number;
}

/** A VM whose guest has written all of its disks, powered off. */
export async function madeVm({ disks, isPlain = false, freeBytes }: Change): Promise<MemoryFileSystem> {
  const memory = new MemoryFileSystem();
  const { host } = await VmWorld.boot(memory, 1);
  await host.createVm(webVm(disks, isPlain));
  await host.powerOnVm(VM);
  for (const [index, { sizeBytes }] of disks.entries()) {
    const deviceKey = 2000 + index;
    await fill(await host.openDisk(VM, deviceKey), guestData(sizeBytes, deviceKey));
  }
  await host.powerOffVm(VM);
  await host.shutDown();
  return freeBytes === undefined ? memory : withRoom(memory, freeBytes);
}

/** The same files on a medium that has so much room left. */
async function withRoom(memory: MemoryFileSystem, freeBytes: number): Promise<MemoryFileSystem> {
  const usedBytes = memory.capacityBytes - (await memory.statfs('/')).freeBytes;
  const capacityBytes = usedBytes + freeBytes;
  return new MemoryFileSystem({ capacityBytes }, memory.forkTree(capacityBytes));
}

/** Throws a Loss where a disk has not what its guest wrote. */
export function lookFor({ disks }: Change): (deviceKey: number, bytes: Uint8Array) => void {
  const expected = disks.map(({ sizeBytes }, index) => guestData(sizeBytes, 2000 + index));
  return (deviceKey, bytes) => {
    const wanted = expected[deviceKey - 2000];
    must(
      wanted !== undefined && equalBytes(bytes, wanted),
      () => `disk ${deviceKey} has other data than its guest wrote`,
    );
  };
}

/** Walks the cuts of one change of keys. */
export function changeScenario(change: Change): Scenario {
  const look = lookFor(change);
  let keysBefore = '';
  let keysAfter = '';

  const prepare = async (): Promise<MemoryFileSystem> => {
    const memory = await madeVm(change);
    const tried = memory.fork();
    const world = await VmWorld.boot(tried, 2);
    keysBefore = keysText(await world.keys());
    await world.host.reconfigureVm(VM, change.spec);
    keysAfter = keysText(await world.keys());
    must(keysBefore !== keysAfter, () => 'the change changes no key');
    return memory;
  };

  const start = async (files: FileSystem): Promise<Process> => {
    const world = await VmWorld.boot(files, 2);
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
    const { host } = await VmWorld.boot(files, 3);
    await host.powerOnVm(VM);
    await host.powerOffVm(VM);
  };

  const check = async (files: MemoryFileSystem, cut: Cut): Promise<Seen> => {
    await checkSideFiles(files, change);
    if (cut.isInWork && cut.answered > 0) await checkDone(files);
    const { keys: named, world } = await checkStarted(files, look);
    const keys = keysText(named);
    must(keys === keysBefore || keys === keysAfter, () => `it ended with ${keys}`);
    const steps = keys === keysAfter ? 1 : 0;
    must(steps >= cut.answered, () => 'the change was answered, and is gone');
    await again(files, world, steps);
    return { steps, isResumed: true };
  };

  /** Issues the change again: to its end where it was undone; where the recovery had finished it, it is refused or made once more. */
  const again = async (files: MemoryFileSystem, world: VmWorld, steps: number): Promise<void> => {
    try {
      await world.host.reconfigureVm(VM, change.spec);
    } catch (error) {
      const code = (error as { code?: string }).code ?? '';
      if (steps === 0 || !/^(VM|DISK)_(NOT_)?ENCRYPTED$/.test(code))
        throw new Loss('unopenable', `issued again: ${String(error)}`, { cause: error });
    }
    await powerOnAndLook(world, 'issued again', look);
    must(keysText(await world.keys()) === keysAfter, () => 'issued again, and not made');
    await mustOpen('shut down', () => world.host.shutDown());
    await checkFolder(files, 'issued again');
  };

  return { name: change.name, prepare, start, recover, check };
}

/** No file beside an extent ever has a guest's data in clear, and of a VM that is encrypted throughout no file at all. */
async function checkSideFiles(files: MemoryFileSystem, { spec, isPlain = false }: Change): Promise<void> {
  const isAlwaysEncrypted = !isPlain && spec.crypto?.type !== 'Decrypt';
  const clear = (await filesInClear(files)).filter((name) => isAlwaysEncrypted || !name.endsWith('-flat.vmdk'));
  must(clear.length === 0, () => `a cut leaves data in clear in ${clear.join(', ')}`);
}
