import { canceled } from '../api/faults.js';
import type { WorkControl } from '../api/work-control.js';
import type { DiskBacking } from './disk-backing.js';
import { dataRunsOf, HOLE_SIZE_BYTES } from './zeros.js';

/** Bytes read, encrypted and written at once. */
const BATCH_SIZE_BYTES = 1024 * 1024;

/** What is filled. */
export type FilledBacking = Pick<DiskBacking, 'write' | 'flush'>;

/** How a disk is filled. */
export interface FillOptions extends WorkControl {
  /** Leaves out what is zeros, whole pieces of 4 KiB: for a file that has holes there. */
  readonly leavesZeros?: boolean;
}

/** Plain bytes that a disk is to be filled with. */
export interface ImageSource {
  readonly sizeBytes: number;
  /** Fills `buffer` from `offsetBytes`; answers how many bytes there were, fewer only at the end. */
  read(buffer: Uint8Array, offsetBytes: number): Promise<number>;
}

/**
 * Writes a whole disk once, from first to last byte: what `source` has, then zeros. Through the IO filter that makes
 * every data unit ciphertext, also where the disk is empty (eager-zeroed thick), and makes it durable.
 *
 * @param source null for a disk of zeros
 * @throws HypervisorError CANCELED between two batches
 */
export async function fillExtent(
  backing: FilledBacking,
  sizeBytes: number,
  source: ImageSource | null,
  options: FillOptions = {},
): Promise<void> {
  const batch = new Uint8Array(Math.min(sizeBytes, BATCH_SIZE_BYTES));
  try {
    await fillFrom(source, batch, backing, sizeBytes, options);
  } finally {
    batch.fill(0);
  }
  await backing.flush();
}

async function fillFrom(
  source: ImageSource | null,
  batch: Uint8Array,
  backing: FilledBacking,
  sizeBytes: number,
  { signal, onProgress, leavesZeros = false }: FillOptions,
): Promise<void> {
  for (let offsetBytes = 0; offsetBytes < sizeBytes; offsetBytes += batch.length) {
    const part = batch.subarray(0, Math.min(batch.length, sizeBytes - offsetBytes));
    if (source !== null) {
      const wanted = part.subarray(0, Math.max(0, Math.min(part.length, source.sizeBytes - offsetBytes)));
      const count = await source.read(wanted, offsetBytes);
      part.fill(0, count);
    }
    const runs = leavesZeros ? dataRunsOf(part, HOLE_SIZE_BYTES) : [{ startBytes: 0, endBytes: part.length }];
    for (const { startBytes, endBytes } of runs) {
      await backing.write(part.subarray(startBytes, endBytes), offsetBytes + startBytes);
    }
    onProgress?.(offsetBytes + part.length, sizeBytes);
    if (signal?.aborted) throw canceled();
  }
}
