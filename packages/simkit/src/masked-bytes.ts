import { assert } from '@vcryptsim/ports';

/**
 * Bytes kept under a mask (XOR with a pad), so that who looks through this process's memory or a file for them does
 * not find this copy. It hides from searches, not from attackers: pad and masked bytes lie side by side.
 */
export class MaskedBytes {
  readonly #masked: Uint8Array;
  readonly #pad: Uint8Array;

  private constructor(masked: Uint8Array, pad: Uint8Array) {
    this.#masked = masked;
    this.#pad = pad;
  }

  /**
   * @param plain the bytes; read, not kept
   * @param pad as many bytes with no relation to them; kept
   */
  static of(plain: Uint8Array, pad: Uint8Array): MaskedBytes {
    assert(plain.length === pad.length, `a pad of ${pad.length} bytes does not fit ${plain.length} bytes`);
    const masked = new Uint8Array(plain.length);
    for (let i = 0; i < plain.length; i++) masked[i] = (plain[i] ?? 0) ^ (pad[i] ?? 0);
    return new MaskedBytes(masked, pad);
  }

  get lengthBytes(): number {
    return this.#masked.length;
  }

  /** Says whether the bytes stand at `offset` of `haystack`, without ever putting them together. */
  matchesAt(haystack: Uint8Array, offset: number): boolean {
    const masked = this.#masked;
    const pad = this.#pad;
    if (offset < 0 || offset + masked.length > haystack.length) return false;
    for (let i = 0; i < masked.length; i++) {
      if (((haystack[offset + i] ?? 0) ^ (pad[i] ?? 0)) !== masked[i]) return false;
    }
    return true;
  }

  /** Lends the plain bytes to `use` in a buffer that is zeroed afterwards. */
  lend<T>(use: (plain: Uint8Array) => T): T {
    // An ArrayBuffer of its own is outside the JS heap, so the collector leaves no copy when it moves things.
    const plain = new Uint8Array(new ArrayBuffer(this.#masked.length));
    try {
      for (let i = 0; i < plain.length; i++) plain[i] = (this.#masked[i] ?? 0) ^ (this.#pad[i] ?? 0);
      return use(plain);
    } finally {
      plain.fill(0);
    }
  }
}
