import { createSecretKey, type KeyObject } from 'node:crypto';
import type { HashEngine } from '../kdf/hash-engine.js';
import { hkdfSha256 } from '../kdf/hkdf.js';

/** Prefix of every HKDF info of ours, so that no other program derives the same key from the same secret. */
const INFO_PREFIX = 'vcryptsim ';

/**
 * Derives an independent AES-256 key, so that one secret never serves two algorithms.
 *
 * @param purpose says what for, in a few words; part of the derivation
 * @param hashes who computes; Node unless told
 */
export function deriveKey(from: KeyObject | Uint8Array, purpose: string, hashes?: HashEngine): KeyObject {
  const bytes = deriveBytes(from, purpose, 32, hashes);
  try {
    return createSecretKey(bytes);
  } finally {
    bytes.fill(0);
  }
}

/** Derives bytes as {@link deriveKey} does; the caller zeroes them where they are secret. */
export function deriveBytes(
  from: KeyObject | Uint8Array,
  purpose: string,
  lengthBytes: number,
  hashes?: HashEngine,
): Uint8Array {
  const info = new TextEncoder().encode(INFO_PREFIX + purpose);
  return hkdfSha256({ key: from, salt: new Uint8Array(0), info, lengthBytes, ...(hashes && { hashes }) });
}
