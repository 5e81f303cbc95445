import { equalBytes, type FileSystem, readWhole, sectorIndex } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { type Cut, Loss, must, mustOpen, type Scenario, type Seen } from '../scenario.js';
import { guestData } from '../support/guest-data.js';
import { checkStarted, powerOnAndLook } from '../support/vm-check.js';
import { DATASTORE, VM, VM_FOLDER, VmWorld, webVm } from '../support/vm-world.js';

const SIZE_BYTES = 8 * 1024;
const SPEC = webVm([{ sizeBytes: SIZE_BYTES }, { sizeBytes: SIZE_BYTES, dataUnitSizeBytes: 4096 }]);
const ZEROS = new Uint8Array(SIZE_BYTES);

/** An encrypted VM is made. The host has it whole or has none, and one of the same name can be made. */
export const createVm: Scenario = {
  name: 'create-vm',
  prepare: async () => {
    const memory = new MemoryFileSystem();
    await (await VmWorld.boot(memory, 1)).host.shutDown();
    return memory;
  },
  start: async (files) => {
    const world = await VmWorld.boot(files, 2);
    return {
      work: async (answered) => {
        await world.host.createVm(SPEC);
        answered();
      },
    };
  },
  recover: async (files: FileSystem) => {
    const { host } = await VmWorld.boot(files, 3);
    if ((await host.vms()).length === 0) return;
    await host.powerOnVm(VM);
    await host.powerOffVm(VM);
  },
  check: async (files: MemoryFileSystem, { answered, isInWork }: Cut): Promise<Seen> => {
    const world = await VmWorld.boot(files, 10);
    const isThere = (await world.host.vms()).length > 0;
    must(isThere || answered === 0, () => 'the VM was made, and the host has none');
    if (isThere) {
      if (isInWork && answered > 0) await checkLog(files);
      await world.host.shutDown();
      const started = await checkStarted(files, look);
      await use(started.world);
      return { steps: 1, isResumed: true };
    }
    await mustOpen('made again', () => world.host.createVm(SPEC));
    await powerOnAndLook(world, 'made again', look);
    await use(world);
    // What a cut left of the first is a folder that no host knows (docs/on-disk-format.md section 8), and nothing else.
    for (const name of await files.readdir(DATASTORE))
      if (!/^(web(_1)?|\.(lock|vh)\.sf)$/.test(name)) throw new Loss('lost', `stray ${name} on the datastore`);
    return { steps: 0, isResumed: true };
  },
};

function look(deviceKey: number, bytes: Uint8Array): void {
  must(equalBytes(bytes, ZEROS), () => `disk ${deviceKey} of a new VM is not empty`);
}

/** A guest writes and reads the disks. */
async function use({ host }: VmWorld): Promise<void> {
  await mustOpen('used', async () => {
    await host.powerOnVm(VM);
    for (const deviceKey of [2000, 2001]) {
      const disk = await host.openDisk(VM, deviceKey);
      const data = guestData(SIZE_BYTES, deviceKey);
      await disk.writeSectors(sectorIndex(0), Uint8Array.from(data));
      await disk.flush();
      const read = new Uint8Array(SIZE_BYTES);
      await disk.readSectors(sectorIndex(0), read);
      must(equalBytes(read, data), () => `disk ${deviceKey} does not read as it was written`);
    }
    await host.powerOffVm(VM);
    await host.shutDown();
  });
}

/** Its log came with it: a text, not a length without its bytes. */
async function checkLog(files: MemoryFileSystem): Promise<void> {
  const log = Buffer.from(await readWhole(files, `${VM_FOLDER}/vmware.log`, 2 ** 20)).toString();
  must(/^[^\0]+\n$/.test(log), () => 'vmware.log is not there, or not whole');
}
