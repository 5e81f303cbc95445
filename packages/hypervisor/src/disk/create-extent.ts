import { SECTOR_SIZE_BYTES, type SectorCount } from '@vcryptsim/ports';
import type { WorkControl } from '../api/work-control.js';
import type { VmFolder } from '../datastore/vm-folder.js';
import type { DiskKey } from './disk-key.js';
import { ExtentFile } from './extent-file.js';
import { fillExtent } from './fill-extent.js';
import { FlatExtent } from './flat-extent.js';
import { throughFilter } from './vmcrypt-filter.js';

/** An extent of a disk: its file, and how long it is. */
export interface ExtentSpec {
  readonly extentFileName: string;
  readonly capacity: SectorCount;
}

/**
 * Makes an extent full of zeros, encrypted under `key` where there is one, and makes it durable.
 *
 * @throws HypervisorError NO_SPACE, DATASTORE_NOT_WRITABLE, ALREADY_EXISTS, CANCELED; a file begun is left to the caller
 */
export async function createExtent(
  { extentFileName, capacity }: ExtentSpec,
  folder: VmFolder,
  key: DiskKey | null,
  control: WorkControl = {},
): Promise<void> {
  const file = new ExtentFile(await folder.createFile(extentFileName), folder.shown(extentFileName));
  const extent = new FlatExtent(file, capacity);
  try {
    await fillExtent(throughFilter(extent, key), capacity * SECTOR_SIZE_BYTES, null, control);
  } finally {
    await extent.close();
  }
}
