// A guest that writes and flushes while the power goes: what it flushed is there, and of what it was writing each block is the
// old one or the new one.
import { equalBytes, type FileSystem, sectorIndex } from '@vcryptsim/ports';
import type { MemoryFileSystem } from '@vcryptsim/simkit';
import { type Cut, must, mustOpen, type Process, type Scenario, type Seen } from '../scenario.js';
import { madeVm } from './change-scenario.js';
import { guestData } from './guest-data.js';
import { checkFolder, checkStarted, filesInClear } from './vm-check.js';
import { type DiskShape, VM, VmWorld } from './vm-world.js';

const DISK = 2000;
const SECTOR_BYTES = 512;
/** XTS turns blocks of so many bytes over: one that a cut splits is neither. */
const BLOCK_BYTES = 16;

/** One write of the guest, in sectors; a flush follows it. */
export interface GuestWrite {
  readonly start: number;
  readonly count: number;
}

/** Walks the cuts of a guest's writes. */
export function guestWriteScenario(name: string, disk: DiskShape, writes: readonly GuestWrite[]): Scenario {
  /** The disk after so many writes. */
  const models: Uint8Array[] = [guestData(disk.sizeBytes, DISK)];
  for (const [index, { start, count }] of writes.entries()) {
    const next = Uint8Array.from(models[index] ?? []);
    next.set(dataOf(index, count), start * SECTOR_BYTES);
    models.push(next);
  }
  const modelOf = (steps: number): Uint8Array => models[steps] ?? new Uint8Array(0);

  const write = async ({ host }: VmWorld, from: number, answered: () => void): Promise<void> => {
    const device = await host.openDisk(VM, DISK);
    for (const [index, { start, count }] of writes.entries()) {
      if (index < from) continue;
      await device.writeSectors(sectorIndex(start), dataOf(index, count));
      await device.flush();
      answered();
    }
    await device.close();
  };

  const start = async (files: FileSystem): Promise<Process> => {
    const world = await VmWorld.boot(files, 2);
    await world.host.powerOnVm(VM);
    return { work: (answered) => write(world, 0, answered) };
  };

  const recover = async (files: FileSystem): Promise<void> => {
    const { host } = await VmWorld.boot(files, 3);
    await host.powerOnVm(VM);
    await host.powerOffVm(VM);
  };

  const check = async (files: MemoryFileSystem, cut: Cut): Promise<Seen> => {
    const { answered, isInSector } = cut;
    must((await filesInClear(files)).length === 0, () => 'a cut leaves data in clear');
    const between = { old: modelOf(answered), new: models[answered + 1] ?? modelOf(answered) };
    let steps = answered;
    const { world } = await checkStarted(files, (_, bytes) => {
      checkBlocks(bytes, between, isInSector ? 1 : 0);
      steps = equalBytes(bytes, between.new) ? Math.min(answered + 1, writes.length) : answered;
    });
    await mustOpen('issued again', async () => {
      await world.host.powerOnVm(VM);
      await write(world, answered, () => {});
      must(equalBytes(await world.read(DISK), modelOf(writes.length)), () => 'issued again, and not there');
      await world.host.powerOffVm(VM);
    });
    await world.host.shutDown();
    await checkFolder(files, 'issued again');
    return { steps, isResumed: true };
  };

  return { name, prepare: () => madeVm({ name, disks: [disk], spec: {} }), start, recover, check };
}

function dataOf(index: number, count: number): Uint8Array {
  return guestData(count * SECTOR_BYTES, 100 + index);
}

/** Each block is the old or the new one; of those that differ so many may be neither. */
function checkBlocks(
  bytes: Uint8Array,
  { old, new: next }: { old: Uint8Array; new: Uint8Array },
  splitMax: number,
): void {
  let split = 0;
  for (let at = 0; at < old.length; at += BLOCK_BYTES) {
    const block = bytes.subarray(at, at + BLOCK_BYTES);
    const [before, after] = [old, next].map((model) => model.subarray(at, at + BLOCK_BYTES));
    if (before === undefined || after === undefined) continue;
    if (equalBytes(block, before) || equalBytes(block, after)) continue;
    must(!equalBytes(before, after), () => `byte ${at} was not written to, and is lost`);
    split += 1;
  }
  must(split <= splitMax, () => `${split} blocks are neither what they were nor what they were to be`);
}
