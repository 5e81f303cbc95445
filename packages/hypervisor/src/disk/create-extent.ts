import { SECTOR_SIZE_BYTES, type SectorCount } from '@vcryptsim/ports';
import type { Provisioning } from '../api/provisioning.js';
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

/** An extent to make. */
export interface NewExtent extends ExtentSpec {
  readonly provisioning: Provisioning;
}

/**
 * Makes an extent that reads as zeros, and makes it durable: written, encrypted under `key` where there is one, or one hole.
 *
 * @throws HypervisorError NO_SPACE, DATASTORE_NOT_WRITABLE, ALREADY_EXISTS, CANCELED; a file begun is left to the caller
 */
export async function createExtent(
  { extentFileName, capacity, provisioning }: NewExtent,
  folder: VmFolder,
  key: DiskKey | null,
  control: WorkControl = {},
): Promise<void> {
  const file = new ExtentFile(await folder.createFile(extentFileName), folder.shown(extentFileName));
  const sizeBytes = capacity * SECTOR_SIZE_BYTES;
  try {
    if (provisioning === 'eagerZeroedThick') {
      await fillExtent(throughFilter(new FlatExtent(file, capacity), key), sizeBytes, null, control);
    } else {
      await file.truncate(sizeBytes);
      await file.flush();
    }
  } finally {
    await file.close();
  }
}
