import type { KeyObject } from 'node:crypto';
import { CryptoError } from '../errors.js';
import { GCM_NONCE_SIZE_BYTES, GCM_TAG_SIZE_BYTES, gcmOpen, gcmSeal } from './gcm.js';

/*
 * An envelope: one sealed message that carries its own nonce.
 *
 *   offset  bytes  what
 *   0       12     nonce
 *   12      n      AES-256-GCM ciphertext
 *   12+n    16     tag, over the ciphertext and the context
 *
 * The context (a file name, a UUID) is authenticated and not stored: whoever opens the envelope must know what it is
 * supposed to be, so one sealed file cannot be put in another's place.
 */

/** What an envelope is bound to, and the nonce it is sealed with. */
export interface EnvelopeOptions {
  /** Says what is sealed, e.g. a file name and a UUID; the same text is needed to open it. */
  readonly context: string;
  /** 12 bytes, never used before with this key. */
  readonly nonce: Uint8Array;
}

/**
 * Seals a message.
 *
 * @returns nonce, ciphertext and tag: `plaintext.length + 28` bytes
 * @throws CryptoError LENGTH for a nonce of another size
 */
export function sealEnvelope(key: KeyObject, plaintext: Uint8Array, o: EnvelopeOptions): Uint8Array {
  const sealed = gcmSeal({ key, nonce: o.nonce, aad: new TextEncoder().encode(o.context), plaintext });
  const envelope = new Uint8Array(GCM_NONCE_SIZE_BYTES + sealed.length);
  envelope.set(o.nonce);
  envelope.set(sealed, GCM_NONCE_SIZE_BYTES);
  return envelope;
}

/**
 * Opens an envelope.
 *
 * @returns the plaintext
 * @throws CryptoError ENVELOPE_MISMATCH for another key, another context, changed or missing bytes
 */
export function openEnvelope(key: KeyObject, envelope: Uint8Array, o: { readonly context: string }): Uint8Array {
  if (envelope.length < GCM_NONCE_SIZE_BYTES + GCM_TAG_SIZE_BYTES) {
    throw new CryptoError(
      'ENVELOPE_MISMATCH',
      `${envelope.length} bytes are not an envelope: the file was cut short; restore it from a backup.`,
    );
  }
  const nonce = envelope.subarray(0, GCM_NONCE_SIZE_BYTES);
  const sealed = envelope.subarray(GCM_NONCE_SIZE_BYTES);
  return gcmOpen({ key, nonce, aad: new TextEncoder().encode(o.context), sealed });
}
