import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { asBytes } from '../as-bytes.js';
import { timingSafeEqual } from '../constant-time.js';
import { CryptoError } from '../errors.js';
import { NATIVE_HASHES } from '../kdf/hash-engine.js';

/*
 * Locked data: VMware's container for sealed keys (facts/vsphere-encryption.md section 4).
 *
 *   offset  bytes  what
 *   0       16     IV, drawn at random
 *   16      16 n   AES-256-CBC, PKCS#7 padding, of the plaintext
 *   16+16n  32     HMAC-SHA-256 of the plaintext, under the same key
 *
 * MAC-then-encrypt is VMware's choice, kept for the format's sake. It is safe only if a wrong padding and a wrong MAC
 * look the same from outside, so both are computed without a branch and there is one refusal for all.
 */

const IV_SIZE_BYTES = 16;
const MAC_SIZE_BYTES = 32;
const BLOCK_SIZE_BYTES = 16;

/**
 * Seals `plaintext`.
 *
 * @param key 32 bytes
 * @param iv 16 bytes, never used before with this key
 * @param hashes who computes the MAC; Node unless told
 * @returns IV, ciphertext and MAC; 64 bytes or more
 * @throws CryptoError LENGTH for an IV of another size
 */
export function lockData(key: KeyObject, plaintext: Uint8Array, iv: Uint8Array, hashes = NATIVE_HASHES): Uint8Array {
  if (iv.length !== IV_SIZE_BYTES) {
    throw new CryptoError('LENGTH', `The IV of locked data has ${IV_SIZE_BYTES} bytes, not ${iv.length}.`);
  }
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const mac = hashes.hmac('sha256', key, [plaintext]);
  return Uint8Array.from([...iv, ...cipher.update(plaintext), ...cipher.final(), ...mac]);
}

/**
 * Opens locked data.
 *
 * @param key 32 bytes
 * @param hashes who computes the MAC; Node unless told
 * @returns the plaintext; the caller zeroes it
 * @throws CryptoError LOCKED_DATA_MISMATCH for a wrong key, a changed byte, a wrong length: never told apart
 */
export function unlockData(key: KeyObject, locked: Uint8Array, hashes = NATIVE_HASHES): Uint8Array {
  const sealedSizeBytes = locked.length - IV_SIZE_BYTES - MAC_SIZE_BYTES;
  if (sealedSizeBytes < BLOCK_SIZE_BYTES || sealedSizeBytes % BLOCK_SIZE_BYTES !== 0) throw mismatch();
  const decipher = createDecipheriv('aes-256-cbc', key, locked.subarray(0, IV_SIZE_BYTES)).setAutoPadding(false);
  const padded = asBytes(decipher.update(locked.subarray(IV_SIZE_BYTES, -MAC_SIZE_BYTES)));
  const { sizeBytes, isWrong } = measurePadding(padded);
  const plaintext = padded.subarray(0, padded.length - sizeBytes);
  const mac = hashes.hmac('sha256', key, [plaintext]);
  const isGenuine = timingSafeEqual(mac, locked.subarray(-MAC_SIZE_BYTES));
  if (Number(isGenuine) & ~isWrong & 1) return plaintext;
  padded.fill(0);
  throw mismatch();
}

/**
 * Measures PKCS#7 padding (RFC 5652 section 6.3) in the same steps whatever the bytes are.
 *
 * @returns 1 to 16, and 1 in `isWrong` where the padding is none; the size is then a stand-in to compute a MAC over
 */
function measurePadding(padded: Uint8Array): { sizeBytes: number; isWrong: number } {
  const last = new DataView(padded.buffer, padded.byteOffset + padded.length - BLOCK_SIZE_BYTES, BLOCK_SIZE_BYTES);
  const claimed = last.getUint8(BLOCK_SIZE_BYTES - 1);
  const isOutside = ((claimed - 1) | (BLOCK_SIZE_BYTES - claimed)) >>> 31;
  let difference = 0;
  for (let fromEnd = 0; fromEnd < BLOCK_SIZE_BYTES; fromEnd++) {
    const isPadding = (fromEnd - claimed) >> 31;
    difference |= isPadding & (last.getUint8(BLOCK_SIZE_BYTES - 1 - fromEnd) ^ claimed);
  }
  const isWrong = isOutside | (-difference >>> 31);
  return { sizeBytes: (claimed & (isWrong - 1)) | (BLOCK_SIZE_BYTES & -isWrong), isWrong };
}

function mismatch(): CryptoError {
  return new CryptoError(
    'LOCKED_DATA_MISMATCH',
    'The sealed data does not open: it was sealed under another key, or its bytes were changed. Check the key ID beside it, or take the file from a backup.',
  );
}
