import { copyFileSync, rmSync } from 'node:fs';
import type { GuestDisk } from '@vcryptsim/hypervisor';
import type { VmReconfigureSpec } from '@vcryptsim/hypervisor/api';
import { SECTOR_SIZE_BYTES, sectorIndex } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { BareFile, bareRecrypt, WINDOW_BYTES } from '../disk/bare-loop.js';
import { CountingFiles } from '../disk/counting-files.js';
import { type HostPlace, MeasuredHost, VM } from '../disk/measured-host.js';
import { type Spent, spent } from '../disk/spent.js';

/** Changes of keys, through `EsxiHost.reconfigureVm`. */
export type RecryptStep = 'shallow' | 'deep-beside' | 'deep-in-place' | 'decrypt' | 'encrypt';

/** One process's work: made ready, changed, or measured beside it. */
export interface StepWork extends HostPlace {
  readonly step: 'prepare' | 'bare-recrypt' | 'bare-write' | 'guest-write' | RecryptStep;
  readonly sizeBytes: number;
  readonly unit: 512 | 4096;
}

/** What one step took, and what it did with files where that was counted. */
export interface StepResult extends Spent {
  readonly extentOperations?: number;
  readonly bytesWritten?: number;
}

/**
 * Does one step on the VM of a folder. After each the guest reads what it wrote when the disk was made, at the start, in the
 * middle and at the end of the disk.
 *
 * @throws Error when the guest reads something else
 */
export async function runStep(work: StepWork): Promise<StepResult> {
  switch (work.step) {
    case 'prepare':
      return prepare(work);
    case 'bare-recrypt':
      return measureBareRecrypt(work);
    case 'bare-write':
      return measureBareWrite(work);
    case 'guest-write':
      return measureGuestWrite(work);
    default:
      return measureChange(work, work.step);
  }
}

async function prepare(work: StepWork): Promise<StepResult> {
  const measured = await MeasuredHost.boot(work);
  const result = await spent(() => measured.createVm(work.sizeBytes, work.unit));
  await measured.asGuest(async (disk) => {
    for (const at of lookedAt(work.sizeBytes)) await disk.writeSectors(sectorIndex(at / SECTOR_SIZE_BYTES), written());
    await disk.flush();
  });
  await measured.host.shutDown();
  return result;
}

async function measureChange(work: StepWork, step: RecryptStep): Promise<StepResult> {
  const files = new CountingFiles(new OsFileSystem());
  // Counting costs a shallow recrypt nothing; the others are measured without it.
  const measured = await MeasuredHost.boot(work, step === 'shallow' ? files : new OsFileSystem());
  files.reset();
  const result = await spent(() => measured.host.reconfigureVm(VM, specOf(step, measured)));
  const { extentOperations, bytesWritten } = files;
  await measured.asGuest((disk) => compare(disk, work.sizeBytes));
  await measured.host.shutDown();
  return step === 'shallow' ? { ...result, extentOperations, bytesWritten } : result;
}

function specOf(step: RecryptStep, { newKeyId }: MeasuredHost): VmReconfigureSpec {
  switch (step) {
    case 'shallow':
      return { crypto: { type: 'ShallowRecrypt', newKeyId } };
    case 'deep-beside':
      return { crypto: { type: 'DeepRecrypt', newKeyId } };
    case 'deep-in-place':
      return { crypto: { type: 'DeepRecrypt', newKeyId }, rewrite: 'inPlace' };
    case 'decrypt':
      return { crypto: { type: 'Decrypt' } };
    case 'encrypt':
      return { crypto: { type: 'Encrypt', cryptoKeyId: newKeyId } };
  }
}

async function measureBareRecrypt(work: StepWork): Promise<StepResult> {
  const { engine, host } = await MeasuredHost.boot(work);
  await host.shutDown();
  const [from, to] = [await MeasuredHost.extentPath(work), `${work.folder}/bare`];
  try {
    return await spent(() => bareRecrypt(engine, { ...work, from, to }));
  } finally {
    rmSync(to, { force: true });
  }
}

async function measureBareWrite(work: StepWork): Promise<StepResult> {
  const { engine, host } = await MeasuredHost.boot(work);
  await host.shutDown();
  const path = `${work.folder}/bare`;
  copyFileSync(await MeasuredHost.extentPath(work), path);
  const file = new BareFile(engine, path, WINDOW_BYTES, work.unit);
  try {
    return await spent(() => {
      for (let at = 0; at < work.sizeBytes; at += WINDOW_BYTES) file.write(at);
    });
  } finally {
    file.close();
    rmSync(path, { force: true });
  }
}

async function measureGuestWrite(work: StepWork): Promise<StepResult> {
  const measured = await MeasuredHost.boot(work);
  const bytes = written();
  const result = await measured.asGuest((disk) =>
    spent(async () => {
      for (let at = 0; at < work.sizeBytes; at += bytes.length) {
        await disk.writeSectors(sectorIndex(at / SECTOR_SIZE_BYTES), bytes);
      }
    }),
  );
  await measured.asGuest((disk) => compare(disk, work.sizeBytes));
  await measured.host.shutDown();
  return result;
}

async function compare(disk: GuestDisk, sizeBytes: number): Promise<void> {
  const buffer = new Uint8Array(WINDOW_BYTES);
  for (const at of lookedAt(sizeBytes)) {
    await disk.readSectors(sectorIndex(at / SECTOR_SIZE_BYTES), buffer);
    if (Buffer.compare(buffer, written()) !== 0) throw new Error(`the guest reads other bytes at ${at} than it wrote`);
  }
}

/** Where the guest writes and looks: at both ends and in the middle. */
function lookedAt(sizeBytes: number): readonly number[] {
  const last = sizeBytes / WINDOW_BYTES - 1;
  return [...new Set([0, Math.floor(last / 2), last])].map((window) => window * WINDOW_BYTES);
}

/** What the guest writes: bytes in which every place differs, the same in each process. */
function written(): Uint8Array {
  const bytes = new Uint8Array(WINDOW_BYTES);
  let state = 1;
  for (let at = 0; at < bytes.length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}
