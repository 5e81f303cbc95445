import { SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import { fileDamaged } from '../api/faults.js';
import type { VmFolder } from '../datastore/vm-folder.js';
import type { ExtentSpec } from './create-extent.js';
import { ExtentFile } from './extent-file.js';
import { FlatExtent } from './flat-extent.js';

/** An open extent, and how far its file goes on after the disk's end; what lies there is never read. */
export interface OpenExtent {
  readonly extent: FlatExtent;
  readonly surplusBytes: number;
}

/**
 * Opens the extent of a disk.
 *
 * @throws HypervisorError FILE_DAMAGED when it is missing or shorter than the disk; FILE_INACCESSIBLE
 */
export async function openExtent(
  { extentFileName, capacity }: ExtentSpec,
  folder: VmFolder,
  access: 'read' | 'write',
): Promise<OpenExtent> {
  const shown = folder.shown(extentFileName);
  if (!(await folder.has(extentFileName))) {
    throw fileDamaged(shown, 'it is missing (a disk that is to be filled later has none before its import)');
  }
  const handle = await folder.openFile(extentFileName, access);
  try {
    const surplusBytes = (await handle.sizeBytes()) - capacity * SECTOR_SIZE_BYTES;
    if (surplusBytes < 0) throw fileDamaged(shown, `the extent is ${-surplusBytes} bytes shorter than the disk`);
    return { extent: new FlatExtent(new ExtentFile(handle, shown), capacity), surplusBytes };
  } catch (error) {
    await handle.close().catch(() => {});
    throw error;
  }
}
