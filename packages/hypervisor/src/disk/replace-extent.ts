import { SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import type { ProgressListener } from '../api/work-control.js';
import type { VmFolder } from '../datastore/vm-folder.js';
import type { ExtentSpec } from './create-extent.js';
import type { DiskKey } from './disk-key.js';
import { ExtentFile } from './extent-file.js';
import { fillExtent, type ImageSource } from './fill-extent.js';
import { FlatExtent } from './flat-extent.js';
import { throughFilter } from './vmcrypt-filter.js';

/** The extent of a disk; of a thin one zeros of the new content become holes. */
export interface ReplacedExtent extends ExtentSpec {
  readonly isThin?: boolean;
}

/**
 * Puts another extent in the place of a disk's: written beside it as `NAME.importing`, encrypted under `key` where there
 * is one, and renamed over it when it is whole and durable. A cut or a failure leaves the old one.
 *
 * @param source at most as large as the disk; the rest is zeros
 * @throws HypervisorError NO_SPACE, DATASTORE_NOT_WRITABLE, FILE_INACCESSIBLE
 */
export async function replaceExtent(
  { extentFileName, capacity, isThin = false }: ReplacedExtent,
  folder: VmFolder,
  key: DiskKey | null,
  source: ImageSource,
  onProgress?: ProgressListener,
): Promise<void> {
  const beside = importedBeside(extentFileName);
  if (await folder.has(beside)) await folder.remove(beside);
  const file = new ExtentFile(await folder.createFile(beside), folder.shown(beside));
  const extent = new FlatExtent(file, capacity);
  const sizeBytes = capacity * SECTOR_SIZE_BYTES;
  try {
    if (isThin) await file.truncate(sizeBytes);
    const options = { leavesZeros: isThin, ...(onProgress === undefined ? {} : { onProgress }) };
    await fillExtent(throughFilter(extent, key), sizeBytes, source, options);
    await extent.close();
    await folder.rename(beside, extentFileName);
  } catch (error) {
    await extent.close().catch(() => {});
    await folder.remove(beside).catch(() => {});
    throw error;
  }
  await folder.fsync();
}

/** Name of an extent that is to take the place of this one: what is left of it after a cut is of no use. */
export function importedBeside(extentFileName: string): string {
  return `${extentFileName}.importing`;
}
