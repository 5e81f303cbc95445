import type { unsafe } from '@noble/ciphers/aes.js';
import { BLOCK_SIZE_BYTES } from './data-unit.js';

/** `unsafe.encrypt` or `unsafe.decrypt` of @noble/ciphers: one AES block as four little-endian words. */
export type BlockFunction = typeof unsafe.encrypt;

/**
 * AES over whole blocks, in place.
 *
 * @param schedule expanded for the direction of `block`
 */
export function turnBlocks(block: BlockFunction, schedule: Uint32Array, blocks: DataView): void {
  for (let at = 0; at < blocks.byteLength; at += BLOCK_SIZE_BYTES) {
    const { s0, s1, s2, s3 } = block(
      schedule,
      blocks.getUint32(at, true),
      blocks.getUint32(at + 4, true),
      blocks.getUint32(at + 8, true),
      blocks.getUint32(at + 12, true),
    );
    blocks.setUint32(at, s0, true);
    blocks.setUint32(at + 4, s1, true);
    blocks.setUint32(at + 8, s2, true);
    blocks.setUint32(at + 12, s3, true);
  }
}
