import { assert } from '@vcryptsim/ports';

/**
 * Bytes kept under a mask (XOR with a pad), so that who looks through this process's memory or a file for them does
 * not find this copy. It hides from searches, not from attackers: pad and masked bytes lie side by side.
 */
export class MaskedBytes {
  /** The masked bytes, then the pad. One buffer for both: a run keeps very many of these. */
  readonly #both: Uint8Array;

  private constructor(both: Uint8Array) {
    this.#both = both;
  }

  /**
   * @param plain the bytes; read, not kept
   * @param pad as many bytes with no relation to them; read, not kept
   */
  static of(plain: Uint8Array, pad: Uint8Array): MaskedBytes {
    assert(plain.length === pad.length, `a pad of ${pad.length} bytes does not fit ${plain.length} bytes`);
    const both = new Uint8Array(2 * plain.length);
    for (let i = 0; i < plain.length; i++) both[i] = (plain[i] ?? 0) ^ (pad[i] ?? 0);
    both.set(pad, plain.length);
    return new MaskedBytes(both);
  }

  get lengthBytes(): number {
    return this.#both.length / 2;
  }

  /** Says whether the bytes stand at `offset` of `haystack`, without ever putting them together. */
  matchesAt(haystack: Uint8Array, offset: number): boolean {
    const both = this.#both;
    const lengthBytes = this.lengthBytes;
    if (offset < 0 || offset + lengthBytes > haystack.length) return false;
    for (let i = 0; i < lengthBytes; i++) {
      if (((haystack[offset + i] ?? 0) ^ (both[lengthBytes + i] ?? 0)) !== both[i]) return false;
    }
    return true;
  }

  /** Lends the plain bytes to `use` in a buffer that is zeroed afterwards. */
  lend<T>(use: (plain: Uint8Array) => T): T {
    // An ArrayBuffer of its own is outside the JS heap, so the collector leaves no copy when it moves things.
    const both = this.#both;
    const plain = new Uint8Array(new ArrayBuffer(this.lengthBytes));
    try {
      for (let i = 0; i < plain.length; i++) plain[i] = (both[i] ?? 0) ^ (both[plain.length + i] ?? 0);
      return use(plain);
    } finally {
      plain.fill(0);
    }
  }
}
