import type { Kek } from '@vcryptsim/crypto-core';
import { assert, type CryptoKeyId } from '@vcryptsim/ports';
import type { KeySource } from '../vm-home/opener.js';

/**
 * The keys of a host: in memory only, gone with the boot. It holds those of all encrypted VMs of its cluster, running
 * here or not, and the host key (facts/vsphere-encryption.md section 1).
 */
export class KeyCache implements KeySource {
  readonly #keys = new Map<string, { readonly id: CryptoKeyId; readonly kek: Kek }>();
  readonly #onChange: (id: CryptoKeyId) => void;

  /** @param onChange told of each key that came or left; of none at the end of the boot */
  constructor(onChange: (id: CryptoKeyId) => void) {
    this.#onChange = onChange;
  }

  has(id: CryptoKeyId): boolean {
    return this.#keys.has(cacheName(id));
  }

  /** The key, which stays the cache's own. */
  get(id: CryptoKeyId): Kek | undefined {
    return this.#keys.get(cacheName(id))?.kek;
  }

  /** Takes a key over. The ID must be free. */
  add(id: CryptoKeyId, kek: Kek): void {
    assert(!this.has(id), 'a cached key is never replaced');
    this.#keys.set(cacheName(id), { id, kek });
    this.#onChange(id);
  }

  /** Disposes of a key; false when there is none. */
  remove(id: CryptoKeyId): boolean {
    const kek = this.get(id);
    if (kek === undefined) return false;
    kek.dispose();
    this.#keys.delete(cacheName(id));
    this.#onChange(id);
    return true;
  }

  /** In the order in which they came. */
  ids(): readonly CryptoKeyId[] {
    return [...this.#keys.values()].map(({ id }) => id);
  }

  dispose(): void {
    for (const { kek } of this.#keys.values()) kek.dispose();
    this.#keys.clear();
  }
}

/** One string for one key, whatever characters its two parts have. */
export function cacheName(id: CryptoKeyId): string {
  return JSON.stringify([id.providerId, id.keyId]);
}
