import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { asBytes } from '../as-bytes.js';
import { CryptoError } from '../errors.js';

/** The nonce length of SP 800-38D section 8.2.1, and the only one we use. */
export const GCM_NONCE_SIZE_BYTES = 12;
/** The full tag. */
export const GCM_TAG_SIZE_BYTES = 16;

/**
 * Encrypts and authenticates with AES-256-GCM (NIST SP 800-38D).
 *
 * @param o.key 32 bytes
 * @param o.nonce 12 bytes, never used before with this key: a repeated nonce gives both plaintexts away
 * @param o.aad authenticated, not encrypted, not part of the result
 * @returns ciphertext || tag, `plaintext.length + 16` bytes
 * @throws CryptoError LENGTH
 */
export function gcmSeal(o: { key: KeyObject; nonce: Uint8Array; aad: Uint8Array; plaintext: Uint8Array }): Uint8Array {
  checkNonce(o.nonce);
  const cipher = createCipheriv('aes-256-gcm', o.key, o.nonce, { authTagLength: GCM_TAG_SIZE_BYTES }).setAAD(o.aad);
  const sealed = new Uint8Array(o.plaintext.length + GCM_TAG_SIZE_BYTES);
  sealed.set(cipher.update(o.plaintext));
  cipher.final();
  sealed.set(cipher.getAuthTag(), o.plaintext.length);
  return sealed;
}

/**
 * Checks and decrypts what {@link gcmSeal} made. Nothing is handed out before the tag was checked.
 *
 * @param o.sealed ciphertext || tag
 * @returns the plaintext; the caller zeroes it where it is secret
 * @throws CryptoError LENGTH for a nonce of another size, ENVELOPE_MISMATCH for everything else
 */
export function gcmOpen(o: { key: KeyObject; nonce: Uint8Array; aad: Uint8Array; sealed: Uint8Array }): Uint8Array {
  checkNonce(o.nonce);
  if (o.sealed.length < GCM_TAG_SIZE_BYTES) throw mismatch();
  const decipher = createDecipheriv('aes-256-gcm', o.key, o.nonce, { authTagLength: GCM_TAG_SIZE_BYTES })
    .setAAD(o.aad)
    .setAuthTag(o.sealed.subarray(-GCM_TAG_SIZE_BYTES));
  const plaintext = asBytes(decipher.update(o.sealed.subarray(0, -GCM_TAG_SIZE_BYTES)));
  try {
    decipher.final();
    return plaintext;
  } catch {
    plaintext.fill(0);
    throw mismatch();
  }
}

function checkNonce(nonce: Uint8Array): void {
  if (nonce.length !== GCM_NONCE_SIZE_BYTES) {
    throw new CryptoError('LENGTH', `A GCM nonce has ${GCM_NONCE_SIZE_BYTES} bytes here, not ${nonce.length}.`);
  }
}

function mismatch(): CryptoError {
  return new CryptoError(
    'ENVELOPE_MISMATCH',
    'The envelope does not open: another key, another file or context, or changed bytes. Restore the file from a backup.',
  );
}
