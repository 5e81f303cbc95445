import { timingSafeEqual } from '../constant-time.js';
import { CryptoError } from '../errors.js';

/**
 * Splits an XTS key after checking what every engine must refuse, in both directions.
 *
 * @param key Key1 || Key2, 32 or 64 bytes
 * @returns views of the two halves; nothing is copied
 * @throws CryptoError LENGTH, KEY_HALVES_EQUAL
 */
export function splitXtsKey(key: Uint8Array): { key1: Uint8Array; key2: Uint8Array } {
  if (key.length !== 64 && key.length !== 32) {
    throw new CryptoError('LENGTH', `An XTS key has 64 bytes (AES-256) or 32 (AES-128), not ${key.length}.`);
  }
  const key1 = key.subarray(0, key.length / 2);
  const key2 = key.subarray(key.length / 2);
  if (timingSafeEqual(key1, key2)) {
    throw new CryptoError(
      'KEY_HALVES_EQUAL',
      'Key1 and Key2 of this XTS key are equal, which undoes the tweak; draw a new key (IEEE 1619-2018 section 5.1).',
    );
  }
  return { key1, key2 };
}
