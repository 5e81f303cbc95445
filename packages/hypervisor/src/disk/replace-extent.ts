import { SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import type { ProgressListener } from '../api/work-control.js';
import type { VmFolder } from '../datastore/vm-folder.js';
import type { ExtentSpec } from './create-extent.js';
import type { DiskKey } from './disk-key.js';
import { ExtentFile } from './extent-file.js';
import { fillExtent, type ImageSource } from './fill-extent.js';
import { FlatExtent } from './flat-extent.js';
import { throughFilter } from './vmcrypt-filter.js';

/**
 * Puts another extent in the place of a disk's: written beside it as `NAME.importing`, encrypted under `key` where there
 * is one, and renamed over it when it is whole and durable. A cut or a failure leaves the old one.
 *
 * @param source at most as large as the disk; the rest is zeros
 * @throws HypervisorError NO_SPACE, DATASTORE_NOT_WRITABLE, FILE_INACCESSIBLE
 */
export async function replaceExtent(
  { extentFileName, capacity }: ExtentSpec,
  folder: VmFolder,
  key: DiskKey | null,
  source: ImageSource,
  onProgress?: ProgressListener,
): Promise<void> {
  const beside = importedBeside(extentFileName);
  if (await folder.has(beside)) await folder.remove(beside);
  const file = new ExtentFile(await folder.createFile(beside), folder.shown(beside));
  const extent = new FlatExtent(file, capacity);
  try {
    await fillExtent(
      throughFilter(extent, key),
      capacity * SECTOR_SIZE_BYTES,
      source,
      onProgress === undefined ? {} : { onProgress },
    );
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
