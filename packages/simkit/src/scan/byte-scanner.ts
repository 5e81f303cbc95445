import type { NeedleForm } from './needle-forms.js';
import { NeedleSet, type Pattern, type ScanNeedle } from './needle-set.js';

/** A place where a needle stands. */
export interface ScanMatch {
  readonly needle: string;
  readonly form: NeedleForm;
  /** Where the first byte of the form stands, from the start of the stream. */
  readonly offsetBytes: number;
}

const BLOCK_SIZE_BYTES = 256 * 1024;

/**
 * Looks for many needles in a stream of bytes at once, in each form in which somebody may have written them down. It
 * holds no needle in the clear.
 *
 * The stream is looked at in blocks of 256 KiB, each with as much of the one before as the longest pattern needs, so
 * that a needle across an edge is found, and found once. A needle that is added to its set meanwhile is looked for from
 * the next piece on.
 */
export class ByteScanner {
  readonly #needles: NeedleSet;
  #window: Uint8Array;
  // The window holds `#carryBytes` of the stream before `#positionBytes`.
  #carryBytes = 0;
  #positionBytes = 0;

  /** @param needles what to look for: a set that may grow, or the needles, whose buffers are read, not kept */
  constructor(needles: Iterable<ScanNeedle> | NeedleSet) {
    this.#needles = needles instanceof NeedleSet ? needles : new NeedleSet(needles);
    this.#window = windowFor(this.#needles);
  }

  /** Bytes before and after a range that must be looked at too, so that a needle across its edge is found. */
  get overlapBytes(): number {
    return this.#needles.overlapBytes;
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
    this.#fitWindow();
    const window = this.#window;
    const carryBytes = this.#carryBytes;
    const endBytes = carryBytes + block.length;
    const startPosition = this.#positionBytes - carryBytes;
    window.set(block, carryBytes);

    const matches: ScanMatch[] = [];
    this.#needles.probe(window, endBytes, ({ needle, form, bytes }: Pattern, start) => {
      const end = start + bytes.lengthBytes;
      // What ended in the carried part was found with the block before.
      if (end <= carryBytes || end > endBytes || !bytes.matchesAt(window, start)) return;
      matches.push({ needle, form, offsetBytes: startPosition + start });
    });
    found.push(...matches.sort((a, b) => a.offsetBytes - b.offsetBytes));

    this.#positionBytes += block.length;
    this.#carryBytes = Math.min(this.overlapBytes, endBytes);
    window.copyWithin(0, endBytes - this.#carryBytes, endBytes);
  }

  /** A needle that was added may be longer than all before it. */
  #fitWindow(): void {
    const before = this.#window;
    if (before.length >= windowBytes(this.#needles)) return;
    this.#window = windowFor(this.#needles);
    this.#window.set(before.subarray(0, this.#carryBytes));
    before.fill(0);
  }
}

// Room for the overlap and a block, in whole steps of the index and with one to spare behind.
function windowBytes({ overlapBytes }: NeedleSet): number {
  return Math.ceil((overlapBytes + BLOCK_SIZE_BYTES) / 8) * 8 + 8;
}

function windowFor(needles: NeedleSet): Uint8Array {
  return new Uint8Array(new ArrayBuffer(windowBytes(needles)));
}
