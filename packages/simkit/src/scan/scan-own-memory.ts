import type { FileSystem } from '@vcryptsim/ports';
import type { ByteScanner, ScanMatch } from './byte-scanner.js';

/** A needle found in this process's memory. */
export interface MemoryMatch extends ScanMatch {
  /** Name of the mapping, for example `[heap]`, `[stack]`, or empty. */
  readonly region: string;
}

/** Looks through the whole memory of this process (Linux: /proc/self/mem), the scanner's own buffers left out. */
export function scanOwnMemory(_files: FileSystem, _scanner: ByteScanner): Promise<MemoryMatch[]> {
  throw new Error('not yet');
}
