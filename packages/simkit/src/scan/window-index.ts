const BITS = 20;

/** A stretch of four bytes of a pattern: which pattern, and where in it. */
interface Place {
  readonly pattern: number;
  readonly offset: number;
}

/**
 * Says for any four bytes of a haystack whether some pattern may stand around them. Every pattern gives its windows at
 * the offsets 0 to 7; so wherever it stands, exactly one of them lies at a multiple of eight, and looking at every
 * eighth byte is enough. A bitmap of 2^20 hashes (128 KiB) turns nearly all of them away in one load.
 */
export class WindowIndex {
  readonly #bitmap = new Uint32Array(2 ** BITS / 32);
  readonly #places = new Map<number, Place[]>();

  /** Length of the shortest pattern that has all its windows: 8 offsets of 4 bytes each. */
  static readonly SHORTEST_BYTES = 11;

  add(pattern: number, bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let offset = 0; offset < 8; offset++) {
      const hash = hashOf(view.getUint32(offset, true));
      this.#bitmap[hash >>> 5] = (this.#bitmap[hash >>> 5] ?? 0) | (1 << (hash & 31));
      const places = this.#places.get(hash) ?? [];
      places.push({ pattern, offset });
      this.#places.set(hash, places);
    }
  }

  /** Calls `onPlace` with each pattern that may begin at `start` of `words` (little endian, seen as bytes). */
  probe(words: Uint32Array, onPlace: (pattern: number, start: number) => void): void {
    const bitmap = this.#bitmap;
    for (let i = 0; i < words.length; i += 2) {
      const hash = Math.imul(words[i] as number, MULTIPLIER) >>> (32 - BITS);
      if (((bitmap[hash >>> 5] as number) & (1 << (hash & 31))) === 0) continue;
      for (const { pattern, offset } of this.#places.get(hash) ?? []) onPlace(pattern, i * 4 - offset);
    }
  }
}

// 2^32 / golden ratio: Fibonacci hashing, Knuth volume 3, section 6.4.
const MULTIPLIER = 0x9e3779b1;

function hashOf(window: number): number {
  return Math.imul(window, MULTIPLIER) >>> (32 - BITS);
}
