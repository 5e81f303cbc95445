// Under every system's accept queue: a dial that overflows it may hang for good (facts/virtual-time.md section 6).
const SLOTS = 64;

/** Lets a bounded number of dials be under way; the rest wait in their order. */
export class DialSlots {
  #free = SLOTS;
  readonly #queue: (() => void)[] = [];

  /** Calls `dial` when there is a slot, at once or later. Each use ends with {@link release}. */
  take(dial: () => void): void {
    if (this.#free > 0) {
      this.#free--;
      dial();
    } else {
      this.#queue.push(dial);
    }
  }

  release(): void {
    const next = this.#queue.shift();
    if (next) next();
    else this.#free++;
  }
}
