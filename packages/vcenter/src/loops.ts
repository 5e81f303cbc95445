import type { Clock } from '@vcryptsim/ports';
import { codeOf } from './terms/errors.js';

/** vCenter's clockwork: each piece of work at once or after its interval, again and again, until it is stopped. */
export class Loops {
  readonly #clock: Clock;
  readonly #loops: { readonly stop: AbortController; readonly running: Promise<void> }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Begins to do `work` every `intervalMs`, counted from the end of the last time. A coded refusal is the work's own to
   * tell, and the next time is another try; anything else is a mistake of ours and rejects {@link stop}.
   */
  every(intervalMs: number, work: () => Promise<void>, first: 'at once' | 'after the interval'): void {
    // One for each: Node warns of many listeners of one signal, and there is a loop for each host.
    const stop = new AbortController();
    this.#loops.push({ stop, running: this.#repeat(stop.signal, intervalMs, work, first) });
  }

  /** Ends all loops; resolves when the work that was under way is over. */
  async stop(): Promise<void> {
    for (const { stop } of this.#loops) stop.abort();
    await Promise.all(this.#loops.map(({ running }) => running));
  }

  async #repeat(
    signal: AbortSignal,
    intervalMs: number,
    work: () => Promise<void>,
    first: 'at once' | 'after the interval',
  ): Promise<void> {
    for (let atOnce = first === 'at once'; !signal.aborted; atOnce = false) {
      try {
        if (!atOnce) await this.#clock.after(intervalMs, signal);
        await work();
      } catch (error) {
        if (codeOf(error) === null) throw error;
      }
    }
  }
}
