import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import type { FileSystem } from '@vcryptsim/ports';
import type { BlockHashes } from './block-hashes.js';
import type { StoredDisk } from './stored-disks.js';

/** What arrays commonly deduplicate by. */
export const BLOCK_BYTES = 4096;
const CHUNK_BYTES = 1024 * 1024;
/** Blocks of a disk that are compressed on trial: more would tell the share no better and take minutes. */
const PACKED_BLOCKS_MAX = 4096;
/** 2^32 by the golden ratio: its multiples are spread evenly, whatever period the data has. */
const SPREAD = 0x9e3779b1;
const TWO_TO_32 = 2 ** 32;
const ZEROS = Buffer.alloc(CHUNK_BYTES);

/** What the blocks of one disk are. */
export interface DiskBlocks {
  readonly blocks: number;
  /** All zeros: never written, or trimmed, or written with zeros by a guest without encryption. */
  readonly zeroBlocks: number;
  /** Blocks that were compressed one by one with zlib, of those that are not zeros. */
  readonly packedBlocks: number;
  readonly packedFromBytes: number;
  readonly packedToBytes: number;
}

/**
 * Reads all extents of a disk once, in blocks of 4 KiB from the beginning of each file, as an array would see them.
 * Zeros are counted and not hashed; of the others each is hashed (52 bits of SHA-256), and some are compressed.
 *
 * @param onRead how many bytes were just read
 * @throws FileError
 */
export async function measureDisk(
  files: Pick<FileSystem, 'open'>,
  disk: StoredDisk,
  hashes: BlockHashes,
  onRead: (bytes: number) => void,
): Promise<DiskBlocks> {
  const number = hashes.addDisk();
  const expected = disk.extents.reduce((sum, { sizeBytes }) => sum + Math.ceil(sizeBytes / BLOCK_BYTES), 0);
  const oneIn = Math.max(1, Math.ceil(expected / PACKED_BLOCKS_MAX));
  const found = { blocks: 0, zeroBlocks: 0, packedBlocks: 0, packedFromBytes: 0, packedToBytes: 0 };
  const take = (block: Uint8Array): void => {
    found.blocks += 1;
    if (isZero(block)) {
      found.zeroBlocks += 1;
      return;
    }
    hashes.add(number, hashOf(block));
    if (Math.imul(found.blocks, SPREAD) >>> 0 >= TWO_TO_32 / oneIn) return;
    found.packedBlocks += 1;
    found.packedFromBytes += block.length;
    // What does not get smaller is stored as it is.
    found.packedToBytes += Math.min(block.length, deflateSync(block).length);
  };
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (const { path } of disk.extents) {
    const handle = await files.open(path, { access: 'read' });
    try {
      for (let offsetBytes = 0; ; ) {
        const count = await handle.pread(buffer, offsetBytes);
        if (count === 0) break;
        for (let at = 0; at < count; at += BLOCK_BYTES) {
          take(buffer.subarray(at, Math.min(count, at + BLOCK_BYTES)));
        }
        offsetBytes += count;
        onRead(count);
      }
    } finally {
      await handle.close();
    }
  }
  return found;
}

function isZero(block: Uint8Array): boolean {
  return ZEROS.compare(block, 0, block.length, 0, block.length) === 0;
}

function hashOf(block: Uint8Array): number {
  const digest = createHash('sha256').update(block).digest();
  return digest.readUIntBE(0, 6) * 16 + (digest.readUInt8(6) & 15);
}
