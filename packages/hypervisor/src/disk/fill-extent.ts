import { canceled } from '../api/faults.js';
import type { WorkControl } from '../api/work-control.js';
import type { DiskBacking } from './disk-backing.js';

/** Bytes read, encrypted and written at once. */
const BATCH_SIZE_BYTES = 1024 * 1024;

/** What is filled. */
export type FilledBacking = Pick<DiskBacking, 'write' | 'flush'>;

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
  control: WorkControl = {},
): Promise<void> {
  const batch = new Uint8Array(Math.min(sizeBytes, BATCH_SIZE_BYTES));
  try {
    await fillFrom(source, batch, backing, sizeBytes, control);
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
  { signal, onProgress }: WorkControl,
): Promise<void> {
  for (let offsetBytes = 0; offsetBytes < sizeBytes; offsetBytes += batch.length) {
    const part = batch.subarray(0, Math.min(batch.length, sizeBytes - offsetBytes));
    if (source !== null) {
      const wanted = part.subarray(0, Math.max(0, Math.min(part.length, source.sizeBytes - offsetBytes)));
      const count = await source.read(wanted, offsetBytes);
      part.fill(0, count);
    }
    await backing.write(part, offsetBytes);
    onProgress?.(offsetBytes + part.length, sizeBytes);
    if (signal?.aborted) throw canceled();
  }
}
