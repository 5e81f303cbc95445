/** One virtual timer. Among equal times the lower `seq` goes first. */
export interface Timer {
  readonly dueMs: number;
  readonly seq: number;
  readonly run: () => void;
}

/** Timers in order, the next one last, so that it is popped from the end. */
export class Timers {
  readonly #latestFirst: Timer[] = [];

  add(timer: Timer): void {
    this.#latestFirst.splice(this.#place(timer), 0, timer);
  }

  /** Takes a timer out; nothing happens if it has gone off. */
  remove(timer: Timer): void {
    const place = this.#place(timer);
    if (this.#latestFirst[place] === timer) this.#latestFirst.splice(place, 1);
  }

  /** When the next timer is due; Infinity if there is none. */
  get nextDueMs(): number {
    return this.#latestFirst.at(-1)?.dueMs ?? Number.POSITIVE_INFINITY;
  }

  /** Takes out all timers that are due at `nowMs`, in the order in which they run. */
  takeDue(nowMs: number): Timer[] {
    const due: Timer[] = [];
    for (let next = this.#latestFirst.at(-1); next && next.dueMs <= nowMs; next = this.#latestFirst.at(-1)) {
      due.push(next);
      this.#latestFirst.pop();
    }
    return due;
  }

  // The first place whose timer does not go off after this one.
  #place(timer: Timer): number {
    let low = 0;
    let high = this.#latestFirst.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#latestFirst[middle];
      if (other && (other.dueMs > timer.dueMs || (other.dueMs === timer.dueMs && other.seq > timer.seq))) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
