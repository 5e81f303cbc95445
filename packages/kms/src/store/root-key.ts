import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { CryptoError, gcmOpen, gcmSeal } from '@vcryptsim/crypto-core';
import { assert, type Entropy, exists, FileError, type FileSystem, readWhole, replaceFile } from '@vcryptsim/ports';
import { KmsError } from '../terms/errors.js';

const ROOT_KEY_BYTES = 32;
const NONCE_BYTES = 12;

/**
 * The key under which a store seals its objects: 32 bytes in a file of their own (mode 0600). It protects copies of the
 * store that were made without that file.
 */
export class RootKey {
  #key: KeyObject | null;
  readonly #entropy: Entropy;

  private constructor(key: KeyObject, entropy: Entropy) {
    this.#key = key;
    this.#entropy = entropy;
  }

  /**
   * Reads the root key's file, or makes it at a store's first start.
   *
   * @param o.mayCreate whether the store is new; an existing one is never given a new root key
   * @throws KmsError ROOT_KEY_MISSING, ROOT_KEY_MALFORMED; FileError
   */
  static async load(o: {
    readonly files: FileSystem;
    readonly path: string;
    readonly mayCreate: boolean;
    readonly entropy: Entropy;
  }): Promise<RootKey> {
    if (!(await exists(o.files, o.path))) {
      if (!o.mayCreate) {
        throw new KmsError(
          'ROOT_KEY_MISSING',
          `The root key ${o.path} is not there, and the store cannot be read without it.`,
          'Restore the file, or name it with --root-key FILE.',
        );
      }
      await create(o.files, o.path, o.entropy);
    }
    const bytes = await readWhole(o.files, o.path, ROOT_KEY_BYTES).catch((error: unknown) => {
      // A file that cannot be read now says nothing about the key in it: only one of the wrong size is malformed.
      if (error instanceof FileError && error.code === 'TOO_LARGE') return new Uint8Array(0);
      throw error;
    });
    try {
      if (bytes.length === ROOT_KEY_BYTES) return new RootKey(createSecretKey(bytes), o.entropy);
    } finally {
      bytes.fill(0);
    }
    throw new KmsError(
      'ROOT_KEY_MALFORMED',
      `${o.path} is not a root key: that is a file of exactly ${ROOT_KEY_BYTES} bytes.`,
      'Name the right file with --root-key FILE.',
    );
  }

  /** AES-256-GCM under a fresh nonce: nonce (12 bytes), ciphertext, tag (16). */
  seal(plaintext: Uint8Array, aad: Uint8Array): Uint8Array {
    const nonce = this.#entropy.public(NONCE_BYTES, 'record nonce');
    const sealed = gcmSeal({ key: this.#held(), nonce, aad, plaintext });
    const out = new Uint8Array(NONCE_BYTES + sealed.length);
    out.set(nonce);
    out.set(sealed, NONCE_BYTES);
    return out;
  }

  /** Opens what {@link seal} made, or answers null when key, bytes or additional data are not the same. The caller zeroes it. */
  open(sealed: Uint8Array, aad: Uint8Array): Uint8Array | null {
    if (sealed.length < NONCE_BYTES) return null;
    try {
      const nonce = sealed.subarray(0, NONCE_BYTES);
      return gcmOpen({ key: this.#held(), nonce, aad, sealed: sealed.subarray(NONCE_BYTES) });
    } catch (error) {
      if (error instanceof CryptoError) return null;
      throw error;
    }
  }

  /** Another key that follows from this one: HMAC-SHA-256 of a purpose and a context. */
  derive(purpose: string, context: Uint8Array): KeyObject {
    const bytes = createHmac('sha256', this.#held()).update(`${purpose}\0`).update(context).digest();
    try {
      return createSecretKey(bytes);
    } finally {
      bytes.fill(0);
    }
  }

  /** Forgets the key. */
  dispose(): void {
    this.#key = null;
  }

  #held(): KeyObject {
    assert(this.#key, 'the root key is used after it was disposed of');
    return this.#key;
  }

  toString(): string {
    return '[RootKey]';
  }

  toJSON(): string {
    return '[RootKey]';
  }

  [inspect.custom](): string {
    return '[RootKey]';
  }
}

async function create(files: FileSystem, path: string, entropy: Entropy): Promise<void> {
  const bytes = entropy.secret(ROOT_KEY_BYTES, 'root key');
  try {
    await replaceFile(files, path, bytes, 0o600);
  } finally {
    bytes.fill(0);
  }
}
