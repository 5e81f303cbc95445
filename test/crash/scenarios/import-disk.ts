import { equalBytes, type FileSystem } from '@vcryptsim/ports';
import type { MemoryFileSystem } from '@vcryptsim/simkit';
import { type Cut, must, mustOpen, type Scenario } from '../scenario.js';
import { madeVm } from '../support/change-scenario.js';
import { guestData } from '../support/guest-data.js';
import { checkDone, checkFolder, checkStarted, filesInClear, powerOnAndLook } from '../support/vm-check.js';
import { VM, VmWorld } from '../support/vm-world.js';

const SIZE_BYTES = 24 * 1024;
const VM_SHAPE = { name: 'import-disk', disks: [{ sizeBytes: SIZE_BYTES }], spec: {} } as const;
const DISK = 2000;
const OLD_DATA = guestData(SIZE_BYTES, DISK);
const NEW_DATA = guestData(SIZE_BYTES, 1);

/** An image takes the place of a disk's data. The disk has the old or the image, whole. */
export const importDisk: Scenario = {
  name: VM_SHAPE.name,
  prepare: () => madeVm(VM_SHAPE),
  start: async (files) => {
    const world = await VmWorld.boot(files, 2);
    return {
      work: async (answered) => {
        await importInto(world);
        answered();
      },
      goOn: () => powerOnAndLook(world, 'in the same boot', look),
    };
  },
  recover: async (files: FileSystem) => {
    const { host } = await VmWorld.boot(files, 3);
    await host.powerOnVm(VM);
    await host.powerOffVm(VM);
  },
  check: async (files: MemoryFileSystem, { answered, isInWork }: Cut) => {
    if (isInWork && answered > 0) await checkDone(files);
    must((await filesInClear(files)).length === 0, () => 'a cut leaves data in clear');
    let steps = 0;
    const { world } = await checkStarted(files, (deviceKey, bytes) => {
      look(deviceKey, bytes);
      steps = equalBytes(bytes, NEW_DATA) ? 1 : 0;
    });
    must(steps >= answered, () => 'the import was answered, and is gone');
    await mustOpen('issued again', () => importInto(world));
    await powerOnAndLook(world, 'issued again', (_, bytes) => must(equalBytes(bytes, NEW_DATA), () => 'not imported'));
    await world.host.shutDown();
    await checkFolder(files, 'issued again');
    return { steps, isResumed: true };
  },
};

function look(_: number, bytes: Uint8Array): void {
  must(
    equalBytes(bytes, OLD_DATA) || equalBytes(bytes, NEW_DATA),
    () => 'the disk has neither the old data nor the image',
  );
}

async function importInto({ host }: VmWorld): Promise<void> {
  const read = async (buffer: Uint8Array, atBytes: number): Promise<number> =>
    Buffer.from(NEW_DATA).copy(buffer, 0, atBytes);
  await host.importDisk(VM, DISK, { sizeBytes: NEW_DATA.length, read });
}
