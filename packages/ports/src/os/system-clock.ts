import { ClockError, type WorldClock } from '../clock.js';

// setTimeout fires at once for a longer delay than this.
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;
const SETTLED_EVERY_MS = 5000;

/**
 * The operating system's clock. Results are delivered at once and a hold is empty: real time waits for nobody, so an
 * adapter that is written against {@link WorldClock} runs here unchanged.
 *
 * The time of day may be set while the program runs; how long a wait takes must not depend on that. So `nowMs` is the
 * time of day, and every wait is measured on the monotonic clock from the moment in which it begins.
 */
export class SystemClock implements WorldClock {
  #sequence = 0;

  get nowMs(): number {
    return Date.now();
  }

  after(delayMs: number, signal?: AbortSignal): Promise<void> {
    const endMs = performance.now() + delayMs;
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout;
      const giveUp = () => {
        clearTimeout(timer);
        reject(new ClockError('ABORTED', 'the wait was canceled'));
      };
      const wait = () => {
        const leftMs = endMs - performance.now();
        if (leftMs > 0) {
          timer = setTimeout(wait, Math.min(leftMs, LONGEST_TIMEOUT_MS));
          return;
        }
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      if (signal?.aborted) return giveUp();
      signal?.addEventListener('abort', giveUp, { once: true });
      timer = setTimeout(wait, Math.min(Math.max(0, delayMs), LONGEST_TIMEOUT_MS));
    });
  }

  /** Waits as long as it is until `timeMs` by the time of day now; a later change of that does not move the end. */
  sleepUntil(timeMs: number, signal?: AbortSignal): Promise<void> {
    return this.after(timeMs - this.nowMs, signal);
  }

  within<T>(limitMs: number, work: Promise<T>, onLate: () => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => {
          reject(new ClockError('TIMED_OUT', `there was no answer within ${limitMs} ms`));
          onLate();
        },
        Math.min(limitMs, LONGEST_TIMEOUT_MS),
      );
      work.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  task<T>(_label: string, work: () => Promise<T>): Promise<T> {
    return work();
  }

  pulse(intervalMs: number, beat: () => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    const timer = setInterval(beat, intervalMs).unref();
    signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  next(): number {
    this.#sequence += 2;
    return this.#sequence;
  }

  hold(_label: string): () => void {
    return () => {};
  }

  touch(): void {}

  deliver(_seq: number, run: () => void): void {
    run();
  }

  /** Here nothing waits for a quiet world; the probe is only told, now and then, that it may tidy up. */
  addProbe(probe: { moving(): boolean; settled(): void }): void {
    setInterval(() => probe.settled(), SETTLED_EVERY_MS).unref();
  }

  outside(): () => void {
    return () => {};
  }
}
