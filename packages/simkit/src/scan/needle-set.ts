import { assert } from '@vcryptsim/ports';
import { MaskedBytes } from '../masked-bytes.js';
import { type NeedleForm, writtenAs } from './needle-forms.js';
import { WindowIndex } from './window-index.js';

/** What to look for. */
export interface ScanNeedle {
  readonly name: string;
  /** Read when the needle is added, and kept under a mask. At least {@link SHORTEST_NEEDLE_BYTES}. */
  readonly bytes: Uint8Array | MaskedBytes;
  /** Default: raw, hex and base64. */
  readonly forms?: readonly NeedleForm[];
}

/** One form in which a needle may have been written down. */
export interface Pattern {
  readonly needle: string;
  readonly form: NeedleForm;
  readonly bytes: MaskedBytes;
}

/** A shorter needle is found everywhere by chance, so it is refused. */
export const SHORTEST_NEEDLE_BYTES = 4;

const DEFAULT_FORMS: readonly NeedleForm[] = ['raw', 'hex', 'base64'];

/**
 * Needles to look for, of which more may come at any time: adding one costs as much as that one, however many there are.
 * Many scanners may share a set. No needle is held in the clear: patterns lie under a mask, and the index keeps hashes
 * of four bytes.
 */
export class NeedleSet {
  readonly #patterns: Pattern[] = [];
  readonly #index = new WindowIndex();
  // Patterns too short for the index, by their first byte.
  readonly #short = new Map<number, number[]>();
  #longestBytes = 1;

  /** @param needles the first of them; the buffers are read, not kept */
  constructor(needles: Iterable<ScanNeedle> = []) {
    this.add(needles);
  }

  /** Looks for these as well from now on. The buffers are read, not kept. */
  add(needles: Iterable<ScanNeedle>): void {
    for (const needle of needles) {
      for (const form of needle.forms ?? DEFAULT_FORMS) this.#learn(needle, form);
    }
  }

  get isEmpty(): boolean {
    return this.#patterns.length === 0;
  }

  /** Bytes before and after a place that must be looked at too, so that a needle across it is found. */
  get overlapBytes(): number {
    return this.#longestBytes - 1;
  }

  /**
   * Calls `onCandidate` with every pattern that may stand at `start` of `window`; whether it does is for the caller to
   * compare.
   *
   * @param window begins on an 8-byte border, and has at least 8 bytes more than `endBytes`
   * @param endBytes how much of it counts
   */
  probe(window: Uint8Array, endBytes: number, onCandidate: (pattern: Pattern, start: number) => void): void {
    const candidate = (number: number, start: number) => {
      const pattern = this.#patterns[number];
      assert(pattern, 'the index knows the patterns of this set only');
      onCandidate(pattern, start);
    };
    this.#index.probe(new Uint32Array(window.buffer, window.byteOffset, Math.ceil(endBytes / 4)), candidate);
    for (const [first, patterns] of this.#short) {
      const searched = window.subarray(0, endBytes);
      for (let start = searched.indexOf(first); start >= 0; start = searched.indexOf(first, start + 1)) {
        for (const number of patterns) candidate(number, start);
      }
    }
  }

  #learn({ name, bytes }: ScanNeedle, form: NeedleForm): void {
    if (!(bytes instanceof MaskedBytes)) {
      assert(bytes.length >= SHORTEST_NEEDLE_BYTES, `needle ${name} is shorter than ${SHORTEST_NEEDLE_BYTES} bytes`);
      this.#addPatterns(name, form, bytes);
    } else {
      bytes.lend((plain) => this.#addPatterns(name, form, plain));
    }
  }

  #addPatterns(needle: string, form: NeedleForm, plain: Uint8Array): void {
    for (const written of writtenAs(form, plain)) {
      const number = this.#patterns.length;
      const first = written[0];
      if (first === undefined) continue;
      this.#patterns.push({ needle, form, bytes: MaskedBytes.of(written, padFor(number, written.length)) });
      this.#longestBytes = Math.max(this.#longestBytes, written.length);
      if (written.length >= WindowIndex.SHORTEST_BYTES) this.#index.add(number, written);
      else this.#addShort(first, number);
      written.fill(0);
    }
  }

  #addShort(first: number, pattern: number): void {
    const patterns = this.#short.get(first);
    if (patterns === undefined) this.#short.set(first, [pattern]);
    else patterns.push(pattern);
  }
}

// A mask against finding ourselves, not against people: any bytes will do, so they need no entropy (xorshift32).
function padFor(pattern: number, lengthBytes: number): Uint8Array {
  let state = (Math.imul(pattern + 1, 0x9e3779b1) ^ 0x5bf03635) | 1;
  return Uint8Array.from({ length: lengthBytes }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0xff;
  });
}
