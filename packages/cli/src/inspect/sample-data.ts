import { deflateSync } from 'node:zlib';
import type { FileEnds } from '@vcryptsim/hypervisor/formats';

const BLOCK_BYTES = 4096;
/** A block that gets so much smaller is no ciphertext: that never gets smaller at all. */
const SMALLER = 0.95;

/** What the bytes at both ends of a file look like, looked at block by block. */
export interface DataSample {
  readonly blocks: number;
  readonly zeroBlocks: number;
  /** Of the others, those that zlib makes smaller: they are in clear. */
  readonly clearBlocks: number;
}

/** Looks at the first and the last 64 KiB of a file in blocks of 4 KiB. */
export function sampleData({ head, tail, sizeBytes }: FileEnds): DataSample {
  const pieces = sizeBytes > head.length ? [head, tail] : [head];
  let [blocks, zeroBlocks, clearBlocks] = [0, 0, 0];
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += BLOCK_BYTES) {
      const block = piece.subarray(at, at + BLOCK_BYTES);
      blocks += 1;
      if (block.every((byte) => byte === 0)) zeroBlocks += 1;
      else if (block.length >= 64 && deflateSync(block).length < block.length * SMALLER) clearBlocks += 1;
    }
  }
  return { blocks, zeroBlocks, clearBlocks };
}

/** The same as a sentence, which says what was seen and no more. */
export function describeSample({ blocks, zeroBlocks, clearBlocks }: DataSample): string {
  const looked = `Blocks of 4 KiB at both ends: ${blocks}, zeros ${zeroBlocks}`;
  if (blocks === zeroBlocks) return `${looked}. Zeros say nothing.`;
  if (clearBlocks > 0) return `${looked}, compressible ${clearBlocks}. Ciphertext never compresses.`;
  return `${looked}, compressible 0: ciphertext, or compressed data; which of them does not show.`;
}
