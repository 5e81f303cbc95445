import { createHmac, type KeyObject } from 'node:crypto';
import { asBytes } from '../as-bytes.js';

/** The hash functions under HMAC and PBKDF2 that the formats of this field use. */
export type HashName = 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

/**
 * HMAC (RFC 2104, FIPS 198-1) over the parts, one after another.
 *
 * @param key any length
 * @returns as many bytes as the hash has
 */
export function hmac(hash: HashName, key: KeyObject | Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const mac = createHmac(hash, key);
  for (const part of parts) mac.update(part);
  return asBytes(mac.digest());
}

/** HMAC-SHA-256 over the parts: 32 bytes. */
export function hmacSha256(key: KeyObject | Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  return hmac('sha256', key, ...parts);
}
