import { SystemClock } from '@vcryptsim/ports/os';

/** Real time that a run takes, whatever its world's clock says. For reports only: nothing in the world may see it. */
export class Stopwatch {
  readonly #clock = new SystemClock();
  readonly #startMs = this.#clock.nowMs;
  #lapMs = this.#startMs;

  /** Begins to count for {@link sinceLapMs}. */
  lap(): void {
    this.#lapMs = this.#clock.nowMs;
  }

  /** Milliseconds since the watch was made. */
  sinceStartMs(): number {
    return Math.max(0, this.#clock.nowMs - this.#startMs);
  }

  /** Milliseconds since the last {@link lap}. */
  sinceLapMs(): number {
    return Math.max(0, this.#clock.nowMs - this.#lapMs);
  }
}
