/** Bytes `startBytes` (included) to `endBytes` (left out) of a file. */
export interface ByteRange {
  readonly startBytes: number;
  readonly endBytes: number;
}

/** A write, or a cut of everything at or behind `cutBytes`. */
type Change = ByteRange | { readonly cutBytes: number };

/** So many changes are noted before they are joined for the first time. */
const JOIN_AT_LEAST = 1024;

/**
 * A set of bytes of one file. Changes are noted as they come, and joined when somebody asks or when there are twice as
 * many as ranges: so n changes cost n log n in all, wherever in the file they are.
 */
export class ByteRanges {
  #changes: Change[] = [];
  #joinAt = JOIN_AT_LEAST;
  #comparisons = 0;

  /** How many ranges were compared with each other so far: what this set has cost. */
  get comparisons(): number {
    return this.#comparisons;
  }

  add(startBytes: number, endBytes: number): void {
    if (endBytes <= startBytes) return;
    const last = this.#changes.at(-1);
    // Files are mostly written from front to back.
    if (last && 'startBytes' in last && startBytes >= last.startBytes && startBytes <= last.endBytes) {
      const joined = { startBytes: last.startBytes, endBytes: Math.max(last.endBytes, endBytes) };
      this.#changes[this.#changes.length - 1] = joined;
      return;
    }
    this.#note({ startBytes, endBytes });
  }

  /** Forgets what lies at or behind `sizeBytes`. */
  cut(sizeBytes: number): void {
    this.#note({ cutBytes: sizeBytes });
  }

  /** In order; they neither overlap nor touch. */
  list(): ByteRange[] {
    const joined = this.#joined();
    this.#changes = [...joined];
    return joined;
  }

  #note(change: Change): void {
    this.#changes.push(change);
    if (this.#changes.length < this.#joinAt) return;
    this.#changes = this.#joined();
    this.#joinAt = Math.max(JOIN_AT_LEAST, 2 * this.#changes.length);
  }

  #joined(): ByteRange[] {
    const left = this.#uncut().sort((a, b) => {
      this.#comparisons++;
      return a.startBytes - b.startBytes;
    });
    const joined: ByteRange[] = [];
    for (const range of left) {
      this.#comparisons++;
      const last = joined.at(-1);
      if (last === undefined || range.startBytes > last.endBytes) joined.push(range);
      else joined[joined.length - 1] = { ...last, endBytes: Math.max(last.endBytes, range.endBytes) };
    }
    return joined;
  }

  /** What the later cuts leave of each write. */
  #uncut(): ByteRange[] {
    const left: ByteRange[] = [];
    let limitBytes = Number.POSITIVE_INFINITY;
    for (const change of this.#changes.toReversed()) {
      if ('cutBytes' in change) limitBytes = Math.min(limitBytes, change.cutBytes);
      else if (change.startBytes < limitBytes)
        left.push({ startBytes: change.startBytes, endBytes: Math.min(change.endBytes, limitBytes) });
    }
    return left;
  }
}
