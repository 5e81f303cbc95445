import { formatDuration } from '@vcryptsim/lab';
import { type Clock, ClockError } from '@vcryptsim/ports';
import type { TerminalLine } from './terminal-line.js';

/** A step that takes less needs no line. */
const SHOW_AFTER_MS = 1_000;
const TICK_MS = 1_000;

/** Shows on a terminal that a step is under way, and for how long already: `waiting 12 s of 5 min  wait: 5m`. */
export class WaitLine {
  readonly #line: TerminalLine;
  readonly #clock: Clock;
  #stop: AbortController | null = null;

  /** @param clock the real one: a person waits, whatever the world's clock says */
  constructor(line: TerminalLine, clock: Clock) {
    this.#line = line;
    this.#clock = clock;
  }

  /**
   * Begins to count.
   *
   * @param title what is waited for
   * @param limitMs real time that it takes at most, or null where that is not known
   */
  begin(title: string, limitMs: number | null): void {
    if (!this.#line.isTerminal) return;
    const stop = new AbortController();
    this.#stop = stop;
    this.#count(title, limitMs, stop.signal).catch((error: unknown) => {
      if (!(error instanceof ClockError && error.code === 'ABORTED')) throw error;
    });
  }

  /** Takes the line away. */
  end(): void {
    this.#stop?.abort();
    this.#stop = null;
    this.#line.clear();
  }

  async #count(title: string, limitMs: number | null, signal: AbortSignal): Promise<void> {
    const startMs = this.#clock.nowMs;
    const limit = limitMs === null ? '' : ` of ${formatDuration(limitMs)}`;
    await this.#clock.after(SHOW_AFTER_MS, signal);
    for (;;) {
      const seconds = Math.floor((this.#clock.nowMs - startMs) / 1_000);
      this.#line.show(`  waiting ${formatDuration(seconds * 1_000)}${limit}  ${title}`);
      await this.#clock.after(TICK_MS, signal);
    }
  }
}
