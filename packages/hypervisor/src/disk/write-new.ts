import type { FileHandle, FileSystem } from '@vcryptsim/ports';
import { fileFault } from '../datastore/file-fault.js';
import { ExtentFile } from './extent-file.js';

/**
 * Makes a file and fills it, or leaves none.
 *
 * @throws HypervisorError ALREADY_EXISTS, NO_SPACE, DATASTORE_NOT_WRITABLE, and what `fill` throws
 */
export async function writeNew(
  files: FileSystem,
  path: string,
  fill: (file: ExtentFile) => Promise<void>,
): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await files.open(path, { access: 'write', create: 'exclusive' });
  } catch (error) {
    throw fileFault(error, path, 'write');
  }
  const file = new ExtentFile(handle, path);
  try {
    await fill(file);
    await file.close();
  } catch (error) {
    await file.close().catch(() => {});
    await files.unlink(path).catch(() => {});
    throw error;
  }
}
