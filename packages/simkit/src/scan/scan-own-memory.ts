import type { FileSystem } from '@vcryptsim/ports';
import type { ByteScanner, ScanMatch } from './byte-scanner.js';
import { blank, locate, MARKER_SIZE_BYTES, type Stretch } from './own-buffers.js';
import { MemoryReader } from './process-memory.js';

/** A needle found in this process's memory; the offset is its address. */
export interface MemoryMatch extends ScanMatch {
  /** Name of the mapping, for example `[heap]`, `[stack]` or a file, or empty. */
  readonly region: string;
}

const CHUNK_SIZE_BYTES = 1 << 20;

/**
 * Looks through the whole writable memory of this process, garbage included, with the scan's own buffers left out.
 * Collect garbage first if only what is reachable should count. Linux only.
 *
 * @param files the operating system's files in sync mode, so that nothing else runs between the reads
 * @throws FileError NOT_FOUND where there is no /proc/self/mem
 */
export async function scanOwnMemory(files: FileSystem, scanner: ByteScanner): Promise<MemoryMatch[]> {
  // The mark stands behind the part that is read to, so that a copy of it is never where we read.
  const buffer = new Uint8Array(new ArrayBuffer(CHUNK_SIZE_BYTES + MARKER_SIZE_BYTES));
  const memory = await MemoryReader.open(files, buffer.subarray(0, CHUNK_SIZE_BYTES));
  const found: MemoryMatch[] = [];
  try {
    const own: Stretch[] = [];
    scanner.restart();
    for (const [view, markAt] of [[buffer, CHUNK_SIZE_BYTES] as const, [scanner.window, 0] as const]) {
      const stretch = await locate(memory, view, markAt, own);
      if (stretch) own.push(stretch);
    }
    let expectedAddress = -1;
    await memory.eachChunk((bytes, address, region) => {
      if (address !== expectedAddress) scanner.restart(address);
      expectedAddress = address + bytes.length;
      blank(bytes, address, own);
      for (const match of scanner.scan(bytes)) found.push({ ...match, region });
    });
  } finally {
    buffer.fill(0);
    scanner.restart();
    await memory.close();
  }
  return found;
}
