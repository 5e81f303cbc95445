import { assert } from '@vcryptsim/ports';
import { MaskedBytes } from '../masked-bytes.js';
import { type NeedleForm, writtenAs } from './needle-forms.js';
import { WindowIndex } from './window-index.js';

/** What to look for. */
export interface ScanNeedle {
  readonly name: string;
  /** Read when the scanner is made, and kept under a mask. At least {@link SHORTEST_NEEDLE_BYTES}. */
  readonly bytes: Uint8Array | MaskedBytes;
  /** Default: raw, hex and base64. */
  readonly forms?: readonly NeedleForm[];
}

/** A place where a needle stands. */
export interface ScanMatch {
  readonly needle: string;
  readonly form: NeedleForm;
  /** Where the first byte of the form stands, from the start of the stream. */
  readonly offsetBytes: number;
}

/** A shorter needle is found everywhere by chance, so it is refused. */
export const SHORTEST_NEEDLE_BYTES = 4;

interface Pattern {
  readonly needle: string;
  readonly form: NeedleForm;
  readonly bytes: MaskedBytes;
}

const DEFAULT_FORMS: readonly NeedleForm[] = ['raw', 'hex', 'base64'];
const BLOCK_SIZE_BYTES = 256 * 1024;

/**
 * Looks for many needles in a stream of bytes at once, in each form in which somebody may have written them down. It
 * holds no needle in the clear: patterns lie under a mask, and the index keeps hashes of four bytes.
 *
 * The stream is looked at in blocks of 256 KiB, each with as much of the one before as the longest pattern needs, so
 * that a needle across an edge is found, and found once.
 */
export class ByteScanner {
  readonly #patterns: Pattern[] = [];
  readonly #index = new WindowIndex();
  // Patterns too short for the index, by their first byte.
  readonly #short = new Map<number, number[]>();
  readonly #overlapBytes: number;
  readonly #window: Uint8Array;
  readonly #words: Uint32Array;
  // The window holds `#carryBytes` of the stream before `#positionBytes`.
  #carryBytes = 0;
  #positionBytes = 0;

  /** @param needles what to look for; the buffers are read, not kept */
  constructor(needles: Iterable<ScanNeedle>) {
    let longestBytes = 1;
    for (const needle of needles) {
      for (const form of needle.forms ?? DEFAULT_FORMS) this.#learn(needle, form);
    }
    for (const { bytes } of this.#patterns) longestBytes = Math.max(longestBytes, bytes.lengthBytes);
    this.#overlapBytes = longestBytes - 1;
    // Room for the overlap and a block, in whole steps of the index and with one to spare behind.
    const sizeBytes = Math.ceil((this.#overlapBytes + BLOCK_SIZE_BYTES) / 8) * 8 + 8;
    this.#window = new Uint8Array(new ArrayBuffer(sizeBytes));
    this.#words = new Uint32Array(this.#window.buffer);
  }

  /** Bytes before and after a range that must be looked at too, so that a needle across its edge is found. */
  get overlapBytes(): number {
    return this.#overlapBytes;
  }

  /** The scanner's own memory, which a scan of the process must leave out. */
  get window(): Uint8Array {
    return this.#window;
  }

  /** Looks at the next piece of the stream. Answers what ended in it, in the order of the stream. */
  scan(chunk: Uint8Array): ScanMatch[] {
    const found: ScanMatch[] = [];
    for (let done = 0; done < chunk.length; done += BLOCK_SIZE_BYTES) {
      this.#scanBlock(chunk.subarray(done, done + BLOCK_SIZE_BYTES), found);
    }
    return found;
  }

  /** Begins a new stream, whose first byte counts as `offsetBytes`. */
  restart(offsetBytes = 0): void {
    this.#window.fill(0);
    this.#carryBytes = 0;
    this.#positionBytes = offsetBytes;
  }

  #scanBlock(block: Uint8Array, found: ScanMatch[]): void {
    const window = this.#window;
    const carryBytes = this.#carryBytes;
    const endBytes = carryBytes + block.length;
    const startPosition = this.#positionBytes - carryBytes;
    window.set(block, carryBytes);

    const matches: ScanMatch[] = [];
    const onCandidate = (number: number, start: number) => {
      const pattern = this.#patterns[number];
      assert(pattern, 'the index knows the patterns of this scanner only');
      const end = start + pattern.bytes.lengthBytes;
      // What ended in the carried part was found with the block before.
      if (end <= carryBytes || end > endBytes || !pattern.bytes.matchesAt(window, start)) return;
      matches.push({ needle: pattern.needle, form: pattern.form, offsetBytes: startPosition + start });
    };
    this.#index.probe(this.#words.subarray(0, Math.ceil(endBytes / 4)), onCandidate);
    this.#probeShort(endBytes, onCandidate);
    found.push(...matches.sort((a, b) => a.offsetBytes - b.offsetBytes));

    this.#positionBytes += block.length;
    this.#carryBytes = Math.min(this.#overlapBytes, endBytes);
    window.copyWithin(0, endBytes - this.#carryBytes, endBytes);
  }

  #probeShort(endBytes: number, onCandidate: (pattern: number, start: number) => void): void {
    for (const [first, patterns] of this.#short) {
      const searched = this.#window.subarray(0, endBytes);
      for (let start = searched.indexOf(first); start >= 0; start = searched.indexOf(first, start + 1)) {
        for (const pattern of patterns) onCandidate(pattern, start);
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
      if (written.length >= WindowIndex.SHORTEST_BYTES) this.#index.add(number, written);
      else this.#short.set(first, [...(this.#short.get(first) ?? []), number]);
      written.fill(0);
    }
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
