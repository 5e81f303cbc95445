import type { KeyObject } from 'node:crypto';
import { CryptoError } from '../errors.js';
import { type HashEngine, NATIVE_HASHES } from './hash-engine.js';

/** Widths of the counter and of the length field. */
export type FieldBits = 8 | 16 | 24 | 32;

/**
 * KDF in counter mode with HMAC-SHA-256 (NIST SP 800-108r1 section 4.1): K(i) = HMAC(key, [i] || fixed input).
 *
 * @param o.fixedInput what {@link counterKdfFixedInput} builds, or another format's own
 * @param o.counterBits width of the counter, big endian, from 1; 32 unless told
 * @param o.lengthBytes 1 to what the counter can number, 32 bytes each
 * @param o.hashes who computes; Node unless told
 * @returns a buffer of its own; the caller zeroes it
 * @throws CryptoError LENGTH
 */
export function counterKdfHmacSha256(o: {
  key: KeyObject | Uint8Array;
  fixedInput: Uint8Array;
  lengthBytes: number;
  counterBits?: FieldBits;
  hashes?: HashEngine;
}): Uint8Array {
  const { counterBits = 32, hashes = NATIVE_HASHES } = o;
  if (!Number.isInteger(o.lengthBytes) || o.lengthBytes < 1 || o.lengthBytes > 32 * (2 ** counterBits - 1)) {
    throw new CryptoError(
      'LENGTH',
      `A counter of ${counterBits} bits cannot number the blocks of ${o.lengthBytes} bytes.`,
    );
  }
  const output = new Uint8Array(new ArrayBuffer(o.lengthBytes));
  for (let at = 0; at < o.lengthBytes; at += 32) {
    const block = hashes.hmac('sha256', o.key, [bigEndian(at / 32 + 1, counterBits), o.fixedInput]);
    output.set(block.subarray(0, o.lengthBytes - at), at);
    block.fill(0);
  }
  return output;
}

/**
 * The usual fixed input: label || 00 || context || length of the output in bits (SP 800-108r1 section 4).
 *
 * @param o.lengthBits width of the length field, big endian; 32 unless told
 */
export function counterKdfFixedInput(o: {
  label: Uint8Array;
  context: Uint8Array;
  lengthBytes: number;
  lengthBits?: FieldBits;
}): Uint8Array {
  return Uint8Array.from([...o.label, 0, ...o.context, ...bigEndian(o.lengthBytes * 8, o.lengthBits ?? 32)]);
}

function bigEndian(value: number, bits: FieldBits): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes.subarray(4 - bits / 8);
}
