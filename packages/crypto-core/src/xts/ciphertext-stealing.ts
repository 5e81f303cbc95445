import { BLOCK_SIZE_BYTES } from './data-unit.js';
import type { Direction } from './xts-engine.js';

/**
 * A data unit that ends inside a block (IEEE 1619-2018 sections 5.3.2 and 5.4.2). With m the last whole block and p the
 * part behind it, encryption makes
 *
 *   CC = E(block m, tweak m)      the part gets the head of CC,
 *   C  = E(p || tail of CC, tweak m+1)      which becomes block m
 *
 * so nothing is longer than before. Decryption is the same with the two tweaks in the other order.
 *
 * @param unit more than one block and not whole blocks; changed in place
 * @param tweak of the first block, encrypted
 * @param turn does whole blocks of the unit in place, from an offset, with the tweak of the first of them
 */
export function stealCiphertext(
  unit: Uint8Array,
  tweak: DataView,
  direction: Direction,
  turn: (at: number, lengthBytes: number, tweak: DataView) => void,
): void {
  const partBytes = unit.length % BLOCK_SIZE_BYTES;
  const partAt = unit.length - partBytes;
  const lastAt = partAt - BLOCK_SIZE_BYTES;
  turn(0, lastAt, tweak);

  let tweakM = tweak;
  for (let at = 0; at < lastAt; at += BLOCK_SIZE_BYTES) tweakM = timesAlpha(tweakM);
  const tweakAfterM = timesAlpha(tweakM);
  turn(lastAt, BLOCK_SIZE_BYTES, direction === 'encrypt' ? tweakM : tweakAfterM);
  const part = unit.slice(partAt);
  unit.copyWithin(partAt, lastAt, lastAt + partBytes);
  unit.set(part, lastAt);
  part.fill(0);
  turn(lastAt, BLOCK_SIZE_BYTES, direction === 'encrypt' ? tweakAfterM : tweakM);
}

/** The tweak of the next block: multiplied by x in GF(2^128), constant 0x87 (IEEE 1619-2018 section 5.2). */
function timesAlpha(tweak: DataView): DataView {
  const [low, high] = [tweak.getBigUint64(0, true), tweak.getBigUint64(8, true)];
  const next = new DataView(new ArrayBuffer(BLOCK_SIZE_BYTES));
  next.setBigUint64(0, (low << 1n) ^ ((high >> 63n) * 0x87n), true);
  next.setBigUint64(8, (high << 1n) | (low >> 63n), true);
  return next;
}
