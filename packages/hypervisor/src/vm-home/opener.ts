import type { Kek, XtsEngine } from '@vcryptsim/crypto-core';
import type { CryptoKeyId } from '@vcryptsim/ports';

/** The KEKs at hand: a host's key cache. */
export interface KeySource {
  has(id: CryptoKeyId): boolean;
  /** The key, which stays the source's own. */
  get(id: CryptoKeyId): Kek | undefined;
}

/** What opening a VM's files needs of its host. */
export interface Opener {
  readonly keys: KeySource;
  readonly engine: XtsEngine;
}
