/** Windows are told apart by this many bits of their hash. */
const HASH_BITS = 24;
/** The bitmap has as many bits as these at first, and grows up to one for each hash. */
const BITMAP_BITS_MIN = 20;
/** With more windows than one for so many bits the bitmap grows, so that it goes on turning nearly all places away. */
const BITS_PER_WINDOW = 16;

/** A stretch of four bytes of a pattern, as one number: eight times the pattern's, plus where in the pattern it is. */
type Place = number;

/**
 * Says for any four bytes of a haystack whether some pattern may stand around them. Every pattern gives its windows at
 * the offsets 0 to 7; so wherever it stands, exactly one of them lies at a multiple of eight, and looking at every
 * eighth byte is enough. A bitmap of hashes (128 KiB at first, at most 2 MiB) turns nearly all of them away in one load,
 * however many patterns there are.
 */
export class WindowIndex {
  #bits = BITMAP_BITS_MIN;
  #bitmap = bitmapOf(BITMAP_BITS_MIN);
  #windows = 0;
  // One place in most cases; a list costs ten times as much.
  readonly #places = new Map<number, Place | Place[]>();

  /** Length of the shortest pattern that has all its windows: 8 offsets of 4 bytes each. */
  static readonly SHORTEST_BYTES = 11;

  add(pattern: number, bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let offset = 0; offset < 8; offset++) {
      const hash = hashOf(view.getUint32(offset, true));
      this.#mark(hash);
      const place = pattern * 8 + offset;
      const known = this.#places.get(hash);
      if (known === undefined) this.#places.set(hash, place);
      else if (typeof known === 'number') this.#places.set(hash, [known, place]);
      else known.push(place);
    }
    this.#windows += 8;
    if (this.#windows * BITS_PER_WINDOW > 2 ** this.#bits && this.#bits < HASH_BITS) this.#grow();
  }

  /** Calls `onPlace` with each pattern that may begin at `start` of `words` (little endian, seen as bytes). */
  probe(words: Uint32Array, onPlace: (pattern: number, start: number) => void): void {
    const bitmap = this.#bitmap;
    const shift = 32 - this.#bits;
    for (let i = 0; i < words.length; i += 2) {
      const product = Math.imul(words[i] as number, MULTIPLIER);
      const hash = product >>> shift;
      if (((bitmap[hash >>> 5] as number) & (1 << (hash & 31))) === 0) continue;
      const found = this.#places.get(product >>> (32 - HASH_BITS));
      if (found === undefined) continue;
      for (const place of typeof found === 'number' ? [found] : found) {
        onPlace(Math.floor(place / 8), i * 4 - (place % 8));
      }
    }
  }

  #mark(hash: number): void {
    const bit = hash >>> (HASH_BITS - this.#bits);
    this.#bitmap[bit >>> 5] = (this.#bitmap[bit >>> 5] ?? 0) | (1 << (bit & 31));
  }

  #grow(): void {
    this.#bits += 1;
    this.#bitmap = bitmapOf(this.#bits);
    for (const hash of this.#places.keys()) this.#mark(hash);
  }
}

function bitmapOf(bits: number): Uint32Array<ArrayBuffer> {
  return new Uint32Array(2 ** bits / 32);
}

// 2^32 / golden ratio: Fibonacci hashing, Knuth volume 3, section 6.4.
const MULTIPLIER = 0x9e3779b1;

function hashOf(window: number): number {
  return Math.imul(window, MULTIPLIER) >>> (32 - HASH_BITS);
}
