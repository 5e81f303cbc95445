/** Bytes `startBytes` (included) to `endBytes` (left out) of a file. */
export interface ByteRange {
  readonly startBytes: number;
  readonly endBytes: number;
}

/** A set of bytes of one file, kept as ranges in order that neither overlap nor touch. */
export class ByteRanges {
  #ranges: ByteRange[] = [];

  add(startBytes: number, endBytes: number): void {
    if (endBytes <= startBytes) return;
    const last = this.#ranges.at(-1);
    // Files are mostly written from front to back.
    if (last && startBytes >= last.startBytes && startBytes <= last.endBytes) {
      this.#ranges[this.#ranges.length - 1] = {
        startBytes: last.startBytes,
        endBytes: Math.max(last.endBytes, endBytes),
      };
      return;
    }
    const before = this.#ranges.filter((range) => range.endBytes < startBytes);
    const after = this.#ranges.filter((range) => range.startBytes > endBytes);
    const touched = this.#ranges.slice(before.length, this.#ranges.length - after.length);
    const joined = {
      startBytes: Math.min(startBytes, touched[0]?.startBytes ?? startBytes),
      endBytes: Math.max(endBytes, touched.at(-1)?.endBytes ?? endBytes),
    };
    this.#ranges = [...before, joined, ...after];
  }

  /** Forgets what lies at or behind `sizeBytes`. */
  cut(sizeBytes: number): void {
    this.#ranges = this.#ranges
      .filter((range) => range.startBytes < sizeBytes)
      .map((range) => ({ startBytes: range.startBytes, endBytes: Math.min(range.endBytes, sizeBytes) }));
  }

  list(): ByteRange[] {
    return this.#ranges;
  }
}
