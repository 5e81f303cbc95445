import type { XtsEngine } from '@vcryptsim/crypto-core';
import { SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import { canceled } from '../api/faults.js';
import type { WorkControl } from '../api/work-control.js';
import type { VmFolder } from '../datastore/vm-folder.js';
import type { ExtentSpec } from './create-extent.js';
import type { DiskKey } from './disk-key.js';
import { ExtentFile } from './extent-file.js';
import { openExtent } from './open-extent.js';
import type { ByteRange } from './range-waits.js';
import { turnWindow, WINDOW_SIZE_BYTES } from './turn-window.js';
import { dataRunsOf, HOLE_SIZE_BYTES } from './zeros.js';

/** An extent to write anew beside itself. */
export interface ExtentRewrite {
  readonly from: ExtentSpec & { readonly isThin?: boolean };
  /** Name of the new file, which must be free. */
  readonly to: string;
  /** What the data is encrypted with now, and what it will be; null for plain. */
  readonly oldKey: DiskKey | null;
  readonly newKey: DiskKey | null;
}

/**
 * Writes the data of an extent into a new file, decrypted and encrypted on the way, and makes that durable. One buffer of
 * one window is all that it holds, and nothing is copied inside memory; the old extent is read and nothing else. Holes of an
 * encrypted or thin disk stay holes, also in the new file; zeros of a thick plain one are data.
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
  const keepsHoles = oldKey !== null || from.isThin === true;
  let endsInHole = false;
  const buffer = engine.allocateBuffer(Math.min(WINDOW_SIZE_BYTES, sizeBytes));
  const { extent: source } = await openExtent(from, folder, 'read');
  try {
    const target = new ExtentFile(await folder.createFile(to), folder.shown(to));
    try {
      for (let offsetBytes = 0; offsetBytes < sizeBytes; offsetBytes += buffer.length) {
        if (signal?.aborted) throw canceled();
        const window = buffer.subarray(0, Math.min(buffer.length, sizeBytes - offsetBytes));
        await source.read(window, offsetBytes);
        const data = keepsHoles ? [...dataRunsOf(window, HOLE_SIZE_BYTES)] : [whole(window)];
        turnWindow(window, offsetBytes, oldKey, newKey, keepsHoles);
        for (const { startBytes, endBytes } of data) {
          await target.write(window.subarray(startBytes, endBytes), offsetBytes + startBytes);
        }
        endsInHole = data.at(-1)?.endBytes !== window.length;
        onProgress?.(offsetBytes + window.length, sizeBytes);
      }
      if (endsInHole) await target.truncate(sizeBytes);
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

function whole(window: Uint8Array): ByteRange {
  return { startBytes: 0, endBytes: window.length };
}
