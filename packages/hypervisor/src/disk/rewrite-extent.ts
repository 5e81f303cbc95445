import type { XtsEngine } from '@vcryptsim/crypto-core';
import { SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import { canceled } from '../api/faults.js';
import type { WorkControl } from '../api/work-control.js';
import type { VmFolder } from '../datastore/vm-folder.js';
import type { ExtentSpec } from './create-extent.js';
import type { DiskKey } from './disk-key.js';
import { ExtentFile } from './extent-file.js';
import { openExtent } from './open-extent.js';
import { turnWindow, WINDOW_SIZE_BYTES } from './turn-window.js';

/** An extent to write anew beside itself. */
export interface ExtentRewrite {
  readonly from: ExtentSpec;
  /** Name of the new file, which must be free. */
  readonly to: string;
  /** What the data is encrypted with now, and what it will be; null for plain. */
  readonly oldKey: DiskKey | null;
  readonly newKey: DiskKey | null;
}

/**
 * Writes the data of an extent into a new file, decrypted and encrypted on the way, and makes that durable. One buffer of
 * one window is all that it holds, and nothing is copied inside memory; the old extent is read and nothing else.
 *
 * @throws HypervisorError CANCELED between two windows, NO_SPACE, DATASTORE_NOT_WRITABLE, FILE_DAMAGED (the old extent);
 *   a file begun is left to the caller
 */
export async function rewriteExtent(
  { from, to, oldKey, newKey }: ExtentRewrite,
  folder: VmFolder,
  engine: XtsEngine,
  { signal, onProgress }: WorkControl,
): Promise<void> {
  const sizeBytes = from.capacity * SECTOR_SIZE_BYTES;
  const buffer = engine.allocateBuffer(Math.min(WINDOW_SIZE_BYTES, sizeBytes));
  const { extent: source } = await openExtent(from, folder, 'read');
  try {
    const target = new ExtentFile(await folder.createFile(to), folder.shown(to));
    try {
      for (let offsetBytes = 0; offsetBytes < sizeBytes; offsetBytes += buffer.length) {
        if (signal?.aborted) throw canceled();
        const window = buffer.subarray(0, Math.min(buffer.length, sizeBytes - offsetBytes));
        await source.read(window, offsetBytes);
        turnWindow(window, offsetBytes, oldKey, newKey);
        await target.write(window, offsetBytes);
        onProgress?.(offsetBytes + window.length, sizeBytes);
      }
      await target.flush();
    } finally {
      await target.close();
    }
  } finally {
    // It held plaintext, for moments or, of a plain disk, throughout.
    buffer.fill(0);
    await source.close();
  }
}
