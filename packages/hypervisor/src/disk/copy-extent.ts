import { SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import { canceled } from '../api/faults.js';
import type { WorkControl } from '../api/work-control.js';
import type { VmFolder } from '../datastore/vm-folder.js';
import type { Extent } from './extent.js';
import { ExtentFile } from './extent-file.js';
import { dataRunsOf } from './zeros.js';

/** Bytes read and written at once. */
const WINDOW_SIZE_BYTES = 1024 * 1024;

/** What is copied, and where to. */
export interface ExtentCopy {
  /** Also a whole chain, whose links become one. */
  readonly from: Extent;
  readonly folder: VmFolder;
  /** Of the new file, a name that is free. */
  readonly fileName: string;
  /** Whether what is zeros there stays a hole. */
  readonly isSparse: boolean;
}

/**
 * Copies the bytes of a disk as they are into a new flat extent, durable: ciphertext stays that ciphertext, under the same
 * key and at the same place.
 *
 * @throws HypervisorError CANCELED between two windows, NO_SPACE, DATASTORE_NOT_WRITABLE, ALREADY_EXISTS, FILE_DAMAGED (the
 *   source); a file begun is left to the caller
 */
export async function copyExtent(
  { from, folder, fileName, isSparse }: ExtentCopy,
  { signal, onProgress }: WorkControl,
): Promise<void> {
  const sizeBytes = from.capacity * SECTOR_SIZE_BYTES;
  const buffer = new Uint8Array(Math.min(sizeBytes, WINDOW_SIZE_BYTES));
  const file = new ExtentFile(await folder.createFile(fileName), folder.shown(fileName));
  try {
    await file.truncate(sizeBytes);
    for (let offsetBytes = 0; offsetBytes < sizeBytes; offsetBytes += buffer.length) {
      if (signal?.aborted) throw canceled();
      const window = buffer.subarray(0, Math.min(buffer.length, sizeBytes - offsetBytes));
      await from.read(window, offsetBytes);
      const whole = [{ startBytes: 0, endBytes: window.length }];
      for (const { startBytes, endBytes } of isSparse ? dataRunsOf(window, SECTOR_SIZE_BYTES) : whole) {
        await file.write(window.subarray(startBytes, endBytes), offsetBytes + startBytes);
      }
      onProgress?.(offsetBytes + window.length, sizeBytes);
    }
    await file.flush();
  } finally {
    // Of a plain disk it held plaintext.
    buffer.fill(0);
    await file.close();
  }
}
