import { wallMs } from './wall.js';

/** Keeps virtual time from running ahead of the wall while a peer outside this process may speak. */
export class Pace {
  #waits = 0;
  #from = { wallMs: 0, nowMs: 0 };

  /** True while somebody waits for a peer outside. */
  get isSet(): boolean {
    return this.#waits > 0;
  }

  /** Begins a wait for a peer outside. Returns its end, which calls `onEnd` once. */
  begin(nowMs: number, onEnd: () => void): () => void {
    if (!this.isSet) this.#from = { wallMs: wallMs(), nowMs };
    this.#waits++;
    let waiting = true;
    return () => {
      if (!waiting) return;
      waiting = false;
      this.#waits--;
      onEnd();
    };
  }

  /** How far virtual time may be by now; Infinity while nobody waits for a peer outside. */
  latestMs(): number {
    if (!this.isSet) return Number.POSITIVE_INFINITY;
    return this.#from.nowMs + Math.floor(wallMs() - this.#from.wallMs);
  }
}
