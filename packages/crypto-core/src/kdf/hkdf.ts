import type { KeyObject } from 'node:crypto';
import { CryptoError } from '../errors.js';
import { type HashEngine, NATIVE_HASHES } from './hash-engine.js';

/**
 * HKDF-SHA-256 (RFC 5869): extract, then expand.
 *
 * @param o.key input keying material, any length
 * @param o.salt any length, may be empty
 * @param o.info says what the output is for, at most 1024 bytes; different infos give independent keys
 * @param o.lengthBytes 1 to 8160 (255 blocks of 32)
 * @param o.hashes who computes; Node unless told
 * @returns a buffer of its own; the caller zeroes it where it is secret
 * @throws CryptoError LENGTH
 */
export function hkdfSha256(o: {
  key: KeyObject | Uint8Array;
  salt: Uint8Array;
  info: Uint8Array;
  lengthBytes: number;
  hashes?: HashEngine;
}): Uint8Array {
  if (!Number.isInteger(o.lengthBytes) || o.lengthBytes < 1 || o.lengthBytes > 255 * 32) {
    throw new CryptoError('LENGTH', `HKDF-SHA-256 gives 1 to 8160 bytes, not ${o.lengthBytes} (RFC 5869 section 2.3).`);
  }
  return (o.hashes ?? NATIVE_HASHES).hkdf(o.key, o.salt, o.info, o.lengthBytes);
}
