import { type Cipher, createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { asBytes } from '../as-bytes.js';
import { assert } from '../assert.js';
import { CryptoError } from '../errors.js';

/** A key-encryption key of 16, 24 or 32 bytes. */
export type WrappingKey = KeyObject | Uint8Array;

/** Initial values: RFC 3394 section 2.2.3.1 and RFC 5649 section 3. */
const PLAIN = { suffix: 'wrap', initialValue: Uint8Array.of(0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6) };
const PADDED = { suffix: 'wrap-pad', initialValue: Uint8Array.of(0xa6, 0x59, 0x59, 0xa6) };

/**
 * Wraps a key: AES Key Wrap (RFC 3394 section 2.2.1, SP 800-38F KW-AE).
 *
 * @param key 16 bytes or more, a multiple of 8
 * @returns `key.length + 8` bytes
 * @throws CryptoError LENGTH; OpenSSL through Node would wrap nothing into nothing without a word
 */
export function aesKeyWrap(kek: WrappingKey, key: Uint8Array): Uint8Array {
  checkLength(key.length >= 16 && key.length % 8 === 0, 'A key to wrap', key.length, '16 or more, a multiple of 8');
  return turn(createCipheriv(algorithm(kek, PLAIN), kek, PLAIN.initialValue), key, key.length + 8);
}

/**
 * Unwraps a key (RFC 3394 section 2.2.2).
 *
 * @param wrapped 24 bytes or more, a multiple of 8
 * @returns `wrapped.length - 8` bytes; the caller zeroes them
 * @throws CryptoError LENGTH, KEY_WRAP_MISMATCH
 */
export function aesKeyUnwrap(kek: WrappingKey, wrapped: Uint8Array): Uint8Array {
  checkLength(
    wrapped.length >= 24 && wrapped.length % 8 === 0,
    'A wrapped key',
    wrapped.length,
    '24 or more, a multiple of 8',
  );
  return turn(createDecipheriv(algorithm(kek, PLAIN), kek, PLAIN.initialValue), wrapped, wrapped.length - 8);
}

/**
 * Wraps bytes of any length: AES Key Wrap with Padding (RFC 5649 section 4.1, SP 800-38F KWP-AE).
 *
 * @param key 1 byte or more
 * @returns the length rounded up to a multiple of 8, plus 8
 * @throws CryptoError LENGTH
 */
export function aesKeyWrapPadded(kek: WrappingKey, key: Uint8Array): Uint8Array {
  checkLength(key.length >= 1, 'A key to wrap', key.length, '1 or more');
  const length = Math.ceil(key.length / 8) * 8 + 8;
  return turn(createCipheriv(algorithm(kek, PADDED), kek, PADDED.initialValue), key, length);
}

/**
 * Unwraps bytes that {@link aesKeyWrapPadded} wrapped (RFC 5649 section 4.2).
 *
 * @param wrapped 16 bytes or more, a multiple of 8
 * @returns the bytes; the caller zeroes them
 * @throws CryptoError LENGTH, KEY_WRAP_MISMATCH
 */
export function aesKeyUnwrapPadded(kek: WrappingKey, wrapped: Uint8Array): Uint8Array {
  checkLength(
    wrapped.length >= 16 && wrapped.length % 8 === 0,
    'A wrapped key',
    wrapped.length,
    '16 or more, a multiple of 8',
  );
  return turn(createDecipheriv(algorithm(kek, PADDED), kek, PADDED.initialValue), wrapped, null);
}

function algorithm(kek: WrappingKey, { suffix }: { suffix: string }): string {
  const sizeBytes = kek instanceof Uint8Array ? kek.length : kek.symmetricKeySize;
  checkLength(
    sizeBytes === 16 || sizeBytes === 24 || sizeBytes === 32,
    'A key-encryption key',
    sizeBytes,
    '16, 24 or 32',
  );
  return `id-aes${sizeBytes * 8}-${suffix}`;
}

/** Runs one wrap or unwrap and checks the length of what came out as well (facts/reliability.md section 0 item 5). */
function turn(cipher: Cipher, input: Uint8Array, lengthBytes: number | null): Uint8Array {
  let output: Uint8Array;
  try {
    output = asBytes(cipher.update(input));
  } catch {
    throw new CryptoError(
      'KEY_WRAP_MISMATCH',
      'The wrapped key does not open: it was wrapped under another key, or its bytes were changed.',
    );
  }
  assert(
    lengthBytes === null || output.length === lengthBytes,
    'OpenSSL wrapped to a length that the standard rules out',
  );
  return output;
}

function checkLength(isRight: boolean, what: string, lengthBytes: number | undefined, wanted: string): asserts isRight {
  if (!isRight) throw new CryptoError('LENGTH', `${what} has ${wanted} bytes, not ${lengthBytes}.`);
}
