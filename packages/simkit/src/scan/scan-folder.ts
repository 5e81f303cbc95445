import { FileError, type FileHandle, type FileSystem, type OpenOptions } from '@vcryptsim/ports';
import type { ByteRange } from '../files/byte-ranges.js';
import type { ByteScanner, ScanMatch } from './byte-scanner.js';

/** A needle found in a file. */
export interface FileMatch extends ScanMatch {
  readonly path: string;
}

/** What a search needs of one file. */
type SearchedFile = Pick<FileHandle, 'pread' | 'close'>;
/** The part of a file system that a search needs: a caller that shows progress counts what is read. */
export interface SearchedFiles extends Pick<FileSystem, 'readdir' | 'lstat'> {
  open(path: string, options: OpenOptions): Promise<SearchedFile>;
}

const CHUNK_SIZE_BYTES = 1 << 20;

/**
 * Looks through every file under `folder`, in the order of their paths. Links are not followed, devices not opened.
 *
 * @throws FileError when a file or folder cannot be read: what was not looked at must not count as clean
 */
export async function* scanFolder(
  files: SearchedFiles,
  folder: string,
  scanner: ByteScanner,
): AsyncIterable<FileMatch> {
  for (const name of await files.readdir(folder)) {
    const path = folder === '/' ? `/${name}` : `${folder}/${name}`;
    const { kind, sizeBytes } = await files.lstat(path);
    if (kind === 'folder') yield* scanFolder(files, path, scanner);
    if (kind === 'file') yield* scanRanges(files, path, [{ startBytes: 0, endBytes: sizeBytes }], scanner);
  }
}

/**
 * Looks through ranges of one file, with enough before and after them that a needle across an edge is found. A file
 * that is gone is clean.
 */
export async function* scanRanges(
  files: Pick<SearchedFiles, 'open'>,
  path: string,
  ranges: readonly ByteRange[],
  scanner: ByteScanner,
): AsyncIterable<FileMatch> {
  const handle = await openIfThere(files, path);
  if (!handle) return;
  const buffer = new Uint8Array(CHUNK_SIZE_BYTES);
  try {
    for (const { startBytes, endBytes } of ranges) {
      let position = Math.max(0, startBytes - scanner.overlapBytes);
      const stop = endBytes + scanner.overlapBytes;
      scanner.restart(position);
      while (position < stop) {
        const count = await handle.pread(buffer.subarray(0, Math.min(buffer.length, stop - position)), position);
        if (count === 0) break;
        for (const match of scanner.scan(buffer.subarray(0, count))) yield { ...match, path };
        position += count;
      }
    }
  } finally {
    buffer.fill(0);
    scanner.restart();
    await handle.close();
  }
}

async function openIfThere(files: Pick<SearchedFiles, 'open'>, path: string): Promise<SearchedFile | null> {
  try {
    return await files.open(path, { access: 'read' });
  } catch (error) {
    if (error instanceof FileError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}
