import { SECTOR_SIZE_BYTES, type SectorCount } from '@vcryptsim/ports';
import type { WorkControl } from '../api/work-control.js';
import type { VmFolder } from '../datastore/vm-folder.js';
import type { ExtentSpec } from './create-extent.js';
import type { DiskBacking } from './disk-backing.js';
import type { DiskKey } from './disk-key.js';
import { ExtentFile } from './extent-file.js';
import { fillExtent } from './fill-extent.js';
import { FlatExtent } from './flat-extent.js';
import { throughFilter } from './vmcrypt-filter.js';

/** An extent that is to be longer. */
export interface ExtentGrowth {
  /** As it is now. */
  readonly from: ExtentSpec;
  readonly capacity: SectorCount;
  readonly key: DiskKey | null;
  /** Whether its new part takes no room before it is written: it is a hole then, and reads as zeros. */
  readonly isSparse: boolean;
}

/**
 * Makes a flat extent longer and durable; its new part reads as zeros, encrypted where there is a key. Whatever lay after the
 * old end, of an earlier growth that was cut, is gone first. The descriptor still says the old size: it is what counts.
 *
 * @throws HypervisorError CANCELED, NO_SPACE, DATASTORE_NOT_WRITABLE; the extent then has its old length again, where the
 *   medium lets it
 */
export async function growExtent(
  { from, capacity, key, isSparse }: ExtentGrowth,
  folder: VmFolder,
  control: WorkControl,
): Promise<void> {
  const oldBytes = from.capacity * SECTOR_SIZE_BYTES;
  const newBytes = capacity * SECTOR_SIZE_BYTES;
  const handle = await folder.openFile(from.extentFileName, 'write');
  const extent = new FlatExtent(new ExtentFile(handle, folder.shown(from.extentFileName)), capacity);
  try {
    if ((await handle.sizeBytes()) > oldBytes) await handle.truncate(oldBytes);
    if (isSparse) {
      await handle.truncate(newBytes);
      await extent.flush();
    } else {
      await fillExtent(after(throughFilter(extent, key), oldBytes), newBytes - oldBytes, null, control);
    }
  } catch (error) {
    await handle.truncate(oldBytes).catch(() => {});
    throw error;
  } finally {
    await extent.close();
  }
}

/** A disk from a byte of it on. */
function after(backing: DiskBacking, startBytes: number): DiskBacking {
  return {
    read: (buffer, offsetBytes) => backing.read(buffer, startBytes + offsetBytes),
    write: (bytes, offsetBytes) => backing.write(bytes, startBytes + offsetBytes),
    discard: (offsetBytes, lengthBytes) => backing.discard(startBytes + offsetBytes, lengthBytes),
    flush: () => backing.flush(),
    close: () => backing.close(),
  };
}
