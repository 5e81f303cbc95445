import { createSecretKey, type KeyObject } from 'node:crypto';
import { type EnvelopeOptions, openEnvelope, sealEnvelope } from '../aead/envelope.js';
import { CryptoError } from '../errors.js';
import type { HashEngine } from '../kdf/hash-engine.js';
import { lockData, unlockData } from '../locked/locked-data.js';
import { aesKeyUnwrap, aesKeyWrap } from '../wrap/key-wrap.js';
import { deriveKey } from './derive-key.js';
import { Unprintable } from './unprintable.js';

/** A KEK is an AES-256 key. */
export const KEK_SIZE_BYTES = 32;

/**
 * A key encryption key: seals the DEKs of VMs and disks, never data. Made by the KMS, held by hosts in RAM. The bytes
 * live in a KeyObject only, and nothing here gives them back.
 */
export class Kek extends Unprintable {
  #key: KeyObject | null;

  private constructor(key: KeyObject) {
    super();
    this.#key = key;
  }

  /**
   * Takes a KEK over from the buffer it came in.
   *
   * @param view 32 bytes; zeroed before the call returns, also when it throws
   * @throws CryptoError LENGTH
   */
  static take(view: Uint8Array): Kek {
    try {
      if (view.length !== KEK_SIZE_BYTES) {
        throw new CryptoError('LENGTH', `A KEK has ${KEK_SIZE_BYTES} bytes (AES-256), not ${view.length}.`);
      }
      return new Kek(createSecretKey(view));
    } finally {
      view.fill(0);
    }
  }

  /**
   * Seals bytes as locked data, the container of VMX bundles and VMDK descriptors.
   *
   * @param iv 16 bytes, never used before with this KEK
   * @throws CryptoError LENGTH, DISPOSED
   */
  lock(plaintext: Uint8Array, iv: Uint8Array, hashes?: HashEngine): Uint8Array {
    return lockData(this.#live(), plaintext, iv, hashes);
  }

  /**
   * Opens locked data.
   *
   * @returns the plaintext; the caller zeroes it
   * @throws CryptoError LOCKED_DATA_MISMATCH, DISPOSED
   */
  unlock(locked: Uint8Array, hashes?: HashEngine): Uint8Array {
    return unlockData(this.#live(), locked, hashes);
  }

  /** Wraps another key by RFC 3394, see {@link aesKeyWrap}; DISPOSED. */
  wrapKey(key: Uint8Array): Uint8Array {
    return aesKeyWrap(this.#live(), key);
  }

  /** Unwraps a key, see {@link aesKeyUnwrap}; the caller zeroes the result. LENGTH, KEY_WRAP_MISMATCH, DISPOSED. */
  unwrapKey(wrapped: Uint8Array): Uint8Array {
    return aesKeyUnwrap(this.#live(), wrapped);
  }

  /** Seals a message under a key derived from this one, see {@link sealEnvelope}; LENGTH, DISPOSED. */
  sealEnvelope(plaintext: Uint8Array, o: EnvelopeOptions): Uint8Array {
    return sealEnvelope(deriveKey(this.#live(), 'kek envelope'), plaintext, o);
  }

  /** Opens what {@link Kek.sealEnvelope} sealed; ENVELOPE_MISMATCH, DISPOSED. */
  openEnvelope(envelope: Uint8Array, o: { readonly context: string }): Uint8Array {
    return openEnvelope(deriveKey(this.#live(), 'kek envelope'), envelope, o);
  }

  /** Whether both hold the same key, in constant time; DISPOSED. */
  equals(other: Kek): boolean {
    return this.#live().equals(other.#live());
  }

  /** Lets go of the key; OpenSSL clears it when it is collected. Every later use throws DISPOSED. */
  dispose(): void {
    this.#key = null;
  }

  get disposed(): boolean {
    return this.#key === null;
  }

  #live(): KeyObject {
    if (this.#key === null)
      throw new CryptoError('DISPOSED', 'This KEK was disposed of; fetch it from the KMS by its ID.');
    return this.#key;
  }
}
