/** Something that beats while time passes. */
interface Pulse {
  readonly intervalMs: number;
  readonly beat: () => void;
  nextMs: number;
}

/**
 * What beats beside everything else. Time never stops for a pulse, so a world in which nothing but pulses is left is as
 * stuck as one without, and a jump over a year costs one beat of each.
 */
export class Pulses {
  readonly #pulses = new Set<Pulse>();

  /** Beats until the signal fires, for the first time one interval from now. */
  add(nowMs: number, intervalMs: number, beat: () => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    const pulse = { intervalMs, beat, nextMs: nowMs + intervalMs };
    this.#pulses.add(pulse);
    signal.addEventListener('abort', () => this.#pulses.delete(pulse), { once: true });
  }

  /** Those whose interval has passed, in the order in which they came; their next one begins now. */
  takeDue(nowMs: number): { readonly seq: number; readonly run: () => void }[] {
    const due = [...this.#pulses].filter(({ nextMs }) => nextMs <= nowMs);
    for (const pulse of due) pulse.nextMs = nowMs + pulse.intervalMs;
    // One that ended meanwhile, earlier in the same batch, beats no more.
    return due.map((pulse) => ({ seq: 0, run: () => this.#pulses.has(pulse) && pulse.beat() }));
  }
}
