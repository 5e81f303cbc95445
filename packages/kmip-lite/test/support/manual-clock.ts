import { type Clock, ClockError } from '@vcryptsim/ports';

interface Alarm {
  readonly atMs: number;
  readonly ring: () => void;
}

/** A clock that moves only when a test says so. */
export class ManualClock implements Clock {
  #nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
  #alarms: Alarm[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Moves time on, ringing what falls due. */
  async advance(byMs: number): Promise<void> {
    this.#nowMs += byMs;
    const due = this.#alarms.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#alarms = this.#alarms.filter(({ atMs }) => atMs > this.#nowMs);
    for (const { ring } of due) ring();
    await settle();
  }

  after(delayMs: number): Promise<void> {
    return this.sleepUntil(this.#nowMs + delayMs);
  }

  sleepUntil(timeMs: number): Promise<void> {
    return new Promise((ring) => this.#alarms.push({ atMs: timeMs, ring }));
  }

  async within<T>(limitMs: number, work: Promise<T>, onLate: () => void): Promise<T> {
    let late: (reason: ClockError) => void = () => {};
    const alarm = new Promise<never>((_, reject) => {
      late = reject;
    });
    const entry: Alarm = {
      atMs: this.#nowMs + limitMs,
      ring: () => {
        onLate();
        late(new ClockError('TIMED_OUT', 'too late'));
      },
    };
    this.#alarms.push(entry);
    try {
      return await Promise.race([work, alarm]);
    } finally {
      work.catch(() => {});
      this.#alarms = this.#alarms.filter((one) => one !== entry);
    }
  }

  task<T>(_label: string, work: () => Promise<T>): Promise<T> {
    return work();
  }

  pulse(): void {}
}

/** Lets everything that waits only for microtasks and I/O passes go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
