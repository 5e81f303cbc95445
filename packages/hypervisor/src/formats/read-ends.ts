import type { FileHandle, FileSystem } from '@vcryptsim/ports';
import { ENDS_BYTES, type FileEnds } from './file-kind.js';

/**
 * Reads the first and the last bytes of a file, however large it is.
 *
 * @param path absolute
 * @throws FileError
 */
export async function readEnds(files: FileSystem, path: string): Promise<FileEnds> {
  const handle = await files.open(path, { access: 'read' });
  try {
    return await endsOf(handle);
  } finally {
    await handle.close();
  }
}

/** The first and the last bytes of an open file. */
export async function endsOf(handle: FileHandle): Promise<FileEnds> {
  const sizeBytes = await handle.sizeBytes();
  const piece = async (offsetBytes: number): Promise<Uint8Array> => {
    const buffer = new Uint8Array(Math.min(ENDS_BYTES, sizeBytes));
    return buffer.subarray(0, await handle.pread(buffer, offsetBytes));
  };
  return { sizeBytes, head: await piece(0), tail: await piece(Math.max(0, sizeBytes - ENDS_BYTES)) };
}
