import { createSecretKey, type KeyObject } from 'node:crypto';
import { timingSafeEqual } from '../constant-time.js';
import { CryptoError } from '../errors.js';
import { type HashEngine, hashesOf } from '../kdf/hash-engine.js';
import { cbcOf } from '../locked/cbc-engine.js';
import { buildCryptoDictionary, type KeyBinding, parseCryptoDictionary } from '../locked/crypto-dictionary.js';
import { openPage, type PageKeys, type PageOptions, sealPage } from '../locked/sealed-page.js';
import type { XtsCipher, XtsEngine } from '../xts/xts-engine.js';
import { deriveBytes, deriveKey } from './derive-key.js';
import type { Kek } from './kek.js';
import { Unprintable } from './unprintable.js';

/** A DEK is an XTS-AES-256 key: Key1 || Key2. */
export const DEK_SIZE_BYTES = 64;

/**
 * A data encryption key: made by the host for one VM or disk, held in host RAM, on disk only sealed by a KEK. Its bytes
 * exist inside `make`, `unseal` and {@link resealDek} alone; afterwards the engine's cipher has them.
 */
export class Dek extends Unprintable {
  readonly #engine: XtsEngine;
  readonly #cipher: XtsCipher;
  readonly #keyCheckValue: string;
  readonly #hashes: HashEngine;
  #recordKey: KeyObject | null;
  #pageKeys: PageKeys | null;

  private constructor(engine: XtsEngine, key: Uint8Array) {
    super();
    this.#engine = engine;
    this.#cipher = engine.prepare(key);
    this.#hashes = hashesOf(engine);
    this.#recordKey = deriveKey(key, 'record', this.#hashes);
    this.#pageKeys = {
      // As VMware's own state files have it: CBC under the first half, whatever the key's name says.
      cipherKey: createSecretKey(key.subarray(0, DEK_SIZE_BYTES / 2)),
      macKey: deriveKey(key, 'page', this.#hashes),
      cbc: cbcOf(engine),
      hashes: this.#hashes,
    };
    const check = deriveBytes(key, 'key check value', 8, this.#hashes);
    this.#keyCheckValue = Array.from(check, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  /**
   * Makes a new DEK and seals it.
   *
   * @param o.draw gives that many secret random bytes in a buffer of its own, which is zeroed here
   * @param o.binding public facts to seal with the key
   * @param o.iv 16 bytes for the locked data, never used before with this KEK
   * @returns the holder, and the locked data to store
   * @throws CryptoError KEY_HALVES_EQUAL when the source of randomness repeats itself, LENGTH, DISPOSED
   */
  static make(o: {
    engine: XtsEngine;
    draw: (lengthBytes: number) => Uint8Array;
    kek: Kek;
    binding: KeyBinding;
    iv: Uint8Array;
  }): { dek: Dek; locked: Uint8Array } {
    const key = o.draw(DEK_SIZE_BYTES);
    try {
      const dek = new Dek(o.engine, key);
      return { dek, locked: lockKey(o.kek, key, o.binding, o.iv, hashesOf(o.engine)) };
    } finally {
      key.fill(0);
    }
  }

  /**
   * Opens a sealed DEK.
   *
   * @returns the holder, and the public facts that were sealed with the key: what the file beside it claims must agree
   * @throws CryptoError LOCKED_DATA_MISMATCH, LOCKED_DATA_MALFORMED, KEY_HALVES_EQUAL, DISPOSED
   */
  static unseal(o: { engine: XtsEngine; kek: Kek; locked: Uint8Array }): { dek: Dek; binding: KeyBinding } {
    const { key, binding } = unlockKey(o.kek, o.locked, hashesOf(o.engine));
    try {
      return { dek: new Dek(o.engine, key), binding };
    } finally {
      key.fill(0);
    }
  }

  /** Encrypts data units in place, see {@link XtsCipher.encryptRun}. */
  encryptRun(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): void {
    this.#cipher.encryptRun(units, firstUnit, unitSizeBytes);
  }

  /** Decrypts data units in place, see {@link XtsCipher.decryptRun}. XTS has no integrity: a wrong key gives noise. */
  decryptRun(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): void {
    this.#cipher.decryptRun(units, firstUnit, unitSizeBytes);
  }

  /** Makes a buffer in which runs are fastest, see {@link XtsEngine.allocateBuffer}. */
  allocateBuffer(sizeBytes: number): Uint8Array {
    return this.#engine.allocateBuffer(sizeBytes);
  }

  /** Encrypts with workers where the engine has them, see {@link XtsCipher.encryptLargeRun}. */
  encryptLargeRun(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): Promise<void> {
    return this.#cipher.encryptLargeRun(units, firstUnit, unitSizeBytes);
  }

  /** Decrypts with workers where the engine has them, see {@link XtsCipher.encryptLargeRun}. */
  decryptLargeRun(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): Promise<void> {
    return this.#cipher.decryptLargeRun(units, firstUnit, unitSizeBytes);
  }

  /**
   * Seals a page of a state file (NVRAM, a saved state) or of swapped memory: AES-256-CBC under the first half of this key, and a MAC under a
   * key derived from it, see {@link sealPage}.
   *
   * @throws CryptoError LENGTH, DISPOSED
   */
  sealPage(plaintext: Uint8Array, o: PageOptions): Uint8Array {
    return sealPage(this.#livePageKeys(), plaintext, o);
  }

  /** Opens what {@link Dek.sealPage} sealed; ENVELOPE_MISMATCH, DISPOSED. */
  openPage(page: Uint8Array, o: { readonly binding: Uint8Array }): Uint8Array {
    return openPage(this.#livePageKeys(), page, o);
  }

  /**
   * HMAC-SHA-256 of a record under a key derived from this one: nobody without the unlocked DEK makes one that fits. What
   * the record is for, and of which disk, belongs into `parts`. {@link Dek.isAuthentic} compares.
   *
   * @param parts are taken one after another, as if they were one
   * @returns 32 bytes
   * @throws CryptoError DISPOSED
   */
  authenticate(parts: readonly Uint8Array[]): Uint8Array {
    if (this.#recordKey === null) throw disposed();
    return this.#hashes.hmac('sha256', this.#recordKey, parts);
  }

  /** Whether {@link Dek.authenticate} made this MAC, told in constant time; DISPOSED. */
  isAuthentic(parts: readonly Uint8Array[], mac: Uint8Array): boolean {
    return timingSafeEqual(this.authenticate(parts), mac);
  }

  /** 16 hex digits that differ for different DEKs and tell nothing about them; public, and kept after `dispose`. */
  keyCheckValue(): string {
    return this.#keyCheckValue;
  }

  /** Zeroes what can be zeroed and lets go of the rest; every later use throws DISPOSED. */
  dispose(): void {
    this.#cipher.dispose();
    this.#recordKey = null;
    this.#pageKeys = null;
  }

  get disposed(): boolean {
    return this.#pageKeys === null;
  }

  #livePageKeys(): PageKeys {
    if (this.#pageKeys === null) throw disposed();
    return this.#pageKeys;
  }
}

function disposed(): CryptoError {
  return new CryptoError('DISPOSED', 'This DEK was disposed of; unseal it again.');
}

/**
 * Seals the same DEK under another KEK or with another binding: a shallow recrypt. No data changes.
 *
 * @param o.locked the DEK as sealed by `from`
 * @param o.binding what to seal with it now; replaces the old binding whole
 * @param o.iv 16 bytes, never used before with `to`
 * @returns the new locked data
 * @throws CryptoError LOCKED_DATA_MISMATCH, LOCKED_DATA_MALFORMED, LENGTH, DISPOSED
 */
export function resealDek(o: {
  locked: Uint8Array;
  from: Kek;
  to: Kek;
  binding: KeyBinding;
  iv: Uint8Array;
  /** Who computes the MACs; Node unless told. */
  hashes?: HashEngine;
}): Uint8Array {
  const { key } = unlockKey(o.from, o.locked, o.hashes);
  try {
    return lockKey(o.to, key, o.binding, o.iv, o.hashes);
  } finally {
    key.fill(0);
  }
}

function lockKey(
  kek: Kek,
  key: Uint8Array,
  binding: KeyBinding,
  iv: Uint8Array,
  hashes: HashEngine | undefined,
): Uint8Array {
  const dictionary = buildCryptoDictionary(key, binding);
  try {
    return kek.lock(dictionary, iv, hashes);
  } finally {
    dictionary.fill(0);
  }
}

function unlockKey(
  kek: Kek,
  locked: Uint8Array,
  hashes: HashEngine | undefined,
): { key: Uint8Array; binding: KeyBinding } {
  const dictionary = kek.unlock(locked, hashes);
  try {
    return parseCryptoDictionary(dictionary);
  } finally {
    dictionary.fill(0);
  }
}
