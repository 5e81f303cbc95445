import { createSecretKey, type KeyObject } from 'node:crypto';
import { inspect } from 'node:util';

/** Secret bytes of one managed object. They lie in a KeyObject, outside the JavaScript heap, and never print. */
export class KeyMaterial {
  readonly #key: KeyObject;

  private constructor(key: KeyObject) {
    this.#key = key;
  }

  /** Takes the bytes of a view over: copies them and zeroes the view. */
  static take(view: Uint8Array): KeyMaterial {
    try {
      return new KeyMaterial(createSecretKey(view));
    } finally {
      view.fill(0);
    }
  }

  get lengthBytes(): number {
    return this.#key.symmetricKeySize ?? 0;
  }

  /** Lends the bytes to `work` and zeroes the copy afterwards; whoever keeps them answers for them. */
  use<T>(work: (bytes: Uint8Array) => T): T {
    const bytes = this.#key.export();
    try {
      return work(bytes);
    } finally {
      bytes.fill(0);
    }
  }

  toString(): string {
    return '[KeyMaterial]';
  }

  toJSON(): string {
    return '[KeyMaterial]';
  }

  [inspect.custom](): string {
    return '[KeyMaterial]';
  }
}
