import type { KeyObject } from 'node:crypto';
import { NATIVE_HASHES } from './hash-engine.js';
import type { HashName } from './hash-name.js';

/**
 * HMAC (RFC 2104, FIPS 198-1) over the parts, one after another.
 *
 * @param key any length
 * @returns as many bytes as the hash has
 */
export function hmac(hash: HashName, key: KeyObject | Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  return NATIVE_HASHES.hmac(hash, key, parts);
}

/** HMAC-SHA-256 over the parts: 32 bytes. */
export function hmacSha256(key: KeyObject | Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  return hmac('sha256', key, ...parts);
}
