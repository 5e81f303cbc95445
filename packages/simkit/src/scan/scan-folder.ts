import type { FileSystem } from '@vcryptsim/ports';
import type { ByteRange } from '../files/byte-ranges.js';
import type { ByteScanner, ScanMatch } from './byte-scanner.js';

/** A needle found in a file. */
export interface FileMatch extends ScanMatch {
  readonly path: string;
}

/** Looks through every file under `folder`, in the order of their paths. Links are not followed. */
export async function* scanFolder(
  _files: FileSystem,
  _folder: string,
  _scanner: ByteScanner,
): AsyncIterable<FileMatch> {
  yield* [];
}

/** Looks through ranges of one file, with enough before and after them that a needle across an edge is found. */
export async function* scanRanges(
  _files: FileSystem,
  _path: string,
  _ranges: readonly ByteRange[],
  _scanner: ByteScanner,
): AsyncIterable<FileMatch> {
  yield* [];
}
