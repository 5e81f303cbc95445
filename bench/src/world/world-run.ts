import { createHash } from 'node:crypto';
import { compareDisk, type GuestDisk, succeed, World } from '@vcryptsim/lab';
import { SECTOR_SIZE_BYTES, sectorIndex } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { powerOffVm, powerOnVm } from '@vcryptsim/vcenter/catalogue';
import { DISK_BYTES, guestName, worldLab } from './world-lab.js';

const SECTORS = DISK_BYTES / SECTOR_SIZE_BYTES;
/** Heartbeats of all hosts, and two rounds of looking for keys that they lack, while nothing happens. */
const QUIET_MS = 11 * 60_000;

/** What was asked of one run, and who looks at it. */
export interface WorldRunOptions {
  readonly vms: number;
  /** VMs whose disks are compared at the end. */
  readonly samples: number;
  /** Called after each stretch of work; a place to look at memory. */
  readonly onStretch?: (stretch: 'built' | 'made' | 'quiet' | 'compared', vms: number) => void;
  /** Called before the disks are compared. */
  readonly beforeComparison?: (world: World) => Promise<void>;
}

/**
 * Builds a world of the product's own key server, vCenter and hosts on the memory wire, memory files and a virtual clock.
 * Makes the VMs one after another, each encrypted; powers each on, lets its guest write three sectors, and powers it off.
 * After eleven quiet minutes of the world's time it powers a sample of them on again and compares every sector of their
 * disks with what was written.
 *
 * @throws LabError DIGEST_MISMATCH, naming VM and sector; what vCenter refused with
 */
export async function runWorld(o: WorldRunOptions): Promise<void> {
  const { onStretch = () => {} } = o;
  const world = await World.build({
    ...{ lab: worldLab(o.vms), seed: 1, clock: 'virtual', wire: 'memory', engine: 'auto', folder: '/world' },
    ...{ files: new MemoryFileSystem(), scenarioFolder: '/' },
  });
  try {
    onStretch('built', 0);
    for (let number = 0; number < o.vms; number++) {
      await world.run(() => makeAndWrite(world, number));
      onStretch('made', number + 1);
    }
    await world.run(() => world.clock.after(QUIET_MS));
    onStretch('quiet', o.vms);
    await o.beforeComparison?.(world);
    for (const number of sampleOf(o.vms, o.samples)) await world.run(() => compare(world, number));
    onStretch('compared', o.vms);
  } finally {
    await world.dispose();
  }
}

/** Numbers of so many VMs, spread evenly from the first to the last. */
export function sampleOf(vms: number, samples: number): readonly number[] {
  const count = Math.min(vms, samples);
  return Array.from({ length: count }, (_, at) => Math.floor((at * (vms - 1)) / Math.max(1, count - 1)));
}

async function makeAndWrite(world: World, number: number): Promise<void> {
  const name = guestName(number);
  await world.vms.create(name, () => {});
  await asRunning(world, name, async (disk) => {
    const { ledger } = await world.vms.disk(name);
    for (const [lba, sector] of sectorsOf(number)) {
      await disk.writeSectors(sectorIndex(lba), sector);
      ledger.wrote(lba, sector);
    }
    await disk.flush();
  });
}

async function compare(world: World, number: number): Promise<void> {
  const vm = guestName(number);
  const tracked = await world.vms.disk(vm);
  await asRunning(world, vm, async (disk) => {
    const readDisk = (lba: number, buffer: Uint8Array) => disk.readSectors(sectorIndex(lba), buffer);
    await compareDisk({ vm, disk: tracked, readDisk, onProgress: () => {}, newHash: () => createHash('sha256') });
  });
}

async function asRunning(world: World, name: string, work: (disk: GuestDisk) => Promise<void>): Promise<void> {
  const ref = world.vms.refOf(name);
  succeed(await world.as().run(powerOnVm, ref, {}));
  await world.vms.asGuest(name, work);
  succeed(await world.as().run(powerOffVm, ref, {}));
}

/** Three places of a disk and what the guest of that number writes there: no two guests the same. */
function sectorsOf(number: number): readonly (readonly [number, Uint8Array])[] {
  return [0, 1, 2].map((at) => {
    const lba = (number * 7 + at * 41) % SECTORS;
    const block = createHash('sha256').update(`sector ${at} of guest ${number}`).digest();
    return [lba, Uint8Array.from({ length: SECTOR_SIZE_BYTES }, (_, index) => (block[index % 32] ?? 0) ^ (index >> 5))];
  });
}
