import { createHmac } from 'node:crypto';
import type { ChainCheck } from '@vcryptsim/durable-log';
import type { RootKey } from './root-key.js';

/** Links what follows to what went before, under a key that comes from the root key: nobody else can make a link. */
export class Chain implements ChainCheck {
  readonly #key;

  /**
   * @param purpose what is chained; each has a key of its own
   * @param storeId of the store, so that two stores under one root key have different keys
   */
  constructor(rootKey: RootKey, purpose: string, storeId: Uint8Array) {
    this.#key = rootKey.derive(`vcryptsim kms ${purpose}`, storeId);
  }

  /** The value after `content`, when `before` was the value before it: 32 bytes. A text counts as its UTF-8. */
  next(before: Uint8Array, content: Uint8Array | string): Uint8Array {
    const mac = createHmac('sha256', this.#key);
    if (before.length > 0) mac.update(before);
    return Uint8Array.from(mac.update(content).digest());
  }
}
