import { assert } from './assert.js';

/**
 * Compares in a time that depends on the length only. Plain TypeScript, because the portable engine does without
 * node:crypto.
 *
 * @param a @param b byte strings of one length; lengths are public
 * @returns whether they are equal
 */
export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean {
  assert(a.length === b.length, 'byte strings of different length were compared; compare the lengths first');
  const left = new DataView(a.buffer, a.byteOffset, a.length);
  const right = new DataView(b.buffer, b.byteOffset, b.length);
  let difference = 0;
  for (let at = 0; at < a.length; at++) difference |= left.getUint8(at) ^ right.getUint8(at);
  return difference === 0;
}
