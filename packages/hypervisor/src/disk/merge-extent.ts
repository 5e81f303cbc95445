import { assert, SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import { canceled } from '../api/faults.js';
import type { WorkControl } from '../api/work-control.js';
import type { Extent } from './extent.js';
import { isZeros } from './zeros.js';

/** Bytes that are copied at once. */
const WINDOW_SIZE_BYTES = 1024 * 1024;

/**
 * Copies what a child has into its parent, byte for byte: ciphertext as it is, because both have one DEK and tweaks of the
 * disk. Then it is durable there. Until the child is dropped nothing that reads through it can see a difference, at any cut
 * either, and it can be done again from the start.
 *
 * @param parent at least as large as the child
 * @throws HypervisorError CANCELED between two windows, NO_SPACE, DATASTORE_NOT_WRITABLE, FILE_DAMAGED
 */
export async function mergeExtent(
  child: Extent,
  parent: Extent,
  { signal, onProgress }: WorkControl = {},
): Promise<void> {
  assert(child.capacity <= parent.capacity, 'the parent has room for all of the child');
  const sizeBytes = child.capacity * SECTOR_SIZE_BYTES;
  const buffer = new Uint8Array(Math.min(WINDOW_SIZE_BYTES, sizeBytes));
  try {
    for (let offsetBytes = 0; offsetBytes < sizeBytes; offsetBytes += buffer.length) {
      if (signal?.aborted) throw canceled();
      const lengthBytes = Math.min(buffer.length, sizeBytes - offsetBytes);
      for (const { startBytes, endBytes } of await child.allocatedRanges(offsetBytes, lengthBytes)) {
        const part = buffer.subarray(0, endBytes - startBytes);
        await child.read(part, startBytes);
        if (isZeros(part)) await parent.writeZeroes(startBytes, part.length);
        else await parent.write(part, startBytes);
      }
      onProgress?.(offsetBytes + lengthBytes, sizeBytes);
    }
    await parent.flush();
  } finally {
    // Of a plain disk it is what the guest wrote.
    buffer.fill(0);
  }
}
