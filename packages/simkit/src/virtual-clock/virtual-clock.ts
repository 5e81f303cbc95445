import { ClockError, type WorldClock } from '@vcryptsim/ports';
import { Holds } from './holds.js';
import { Pace } from './pace.js';
import { Pulses } from './pulses.js';
import { Staging } from './staging.js';
import { type Timer, Timers } from './timers.js';
import { afterWallMs, atNextLoopTurn, wallMs } from './wall.js';

/** How {@link VirtualClock} is set up. */
export interface VirtualClockOptions {
  /** When the world begins, in milliseconds since 1970. */
  readonly startMs: number;
  /** Turns of the event loop that must bring nothing new before the world counts as quiet. Default 2. */
  readonly passes?: number;
  /** False hands results out as they come: a naive clock, which tests show to fail. Default true. */
  readonly ordered?: boolean;
  /** Told the labels of holds that made no progress for two real seconds: an adapter that forgot a release. */
  readonly onStale?: (labels: readonly string[]) => void;
}

const BYTES_LOST_AFTER_MS = 5000;

/**
 * A clock that moves only when nothing real is in flight, over real sockets, files and threads (facts/virtual-time.md).
 *
 * One turn: wait until the world is quiet; hand out, one by one and in the order of the calls, all results that came
 * meanwhile; only if there were none, jump to the next timer.
 *
 * 1. A call of a port takes a sequence number at once and starts its real work at once, under a hold if its end comes
 *    as an event. `seq` orders what the other side sees, `seq + 1` the caller's own result.
 * 2. A callback of the kernel only stages: {@link deliver}. It takes no sequence number, starts no timer, draws no
 *    entropy, logs nothing: those belong to what `deliver` runs, whose order is fixed.
 * 3. The world is quiet when no hold is open, no probe says that bytes are under way, and `passes` turns of the event
 *    loop brought nothing new. `setImmediate` drains enough: all microtasks and next-ticks run before it.
 * 4. Quiet with staged results: sorted by `seq`, they are the next batch. Without: time jumps to the next timer, and all
 *    timers of that moment are the batch. With neither, everybody waits and nobody will ever speak: STUCK.
 *    What only beats beside the rest ({@link pulse}) goes first in that batch, and never makes time stop.
 * 5. A batch is fixed when it is formed, and one item runs a loop turn, with all its microtasks before the next. What
 *    its items start runs in parallel and lands in the next batch, however long it takes. So, by induction, the run
 *    depends on the seed only, not on the order in which the kernel finished things.
 *
 * Watchdogs run in real time: holds without progress end the run after 60 s (HELD), bytes that never balance after
 * 5 s (BYTES_LOST). While a peer outside the process may speak, virtual time is no faster than the wall.
 */
export class VirtualClock implements WorldClock {
  readonly #passes: number;
  readonly #ordered: boolean;
  readonly #onStale: (labels: readonly string[]) => void;
  readonly #timers = new Timers();
  readonly #pulses = new Pulses();
  readonly #holds = new Holds();
  readonly #staging = new Staging();
  readonly #pace = new Pace();
  readonly #probes: { moving(): boolean; settled(): void }[] = [];
  #nowMs: number;
  #sequence = 0;
  #turns = 0;

  // Counts real events; two looks with the same count mean that nothing happened between them.
  #stamp = 0;
  #stampSeen = -1;
  #quietPasses = 0;
  #stepPlanned = false;
  #unbalancedSinceMs: number | null = null;

  #running = false;
  #endRun: (error: ClockError) => void = () => {};
  #cancelPace = () => {};

  constructor(options: VirtualClockOptions) {
    this.#nowMs = options.startMs;
    this.#passes = options.passes ?? 2;
    this.#ordered = options.ordered ?? true;
    this.#onStale = options.onStale ?? (() => {});
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** True while real work is under way whose end will come as an event. */
  get held(): boolean {
    return this.#holds.any;
  }

  /** Quiet points so far: a measure of work, not of time, and not to be logged. */
  get turns(): number {
    return this.#turns;
  }

  /**
   * Runs the world until `main` ends.
   *
   * @returns what `main` returns; it rejects as `main` does
   * @throws ClockError STUCK when everybody waits and nobody will ever speak, HELD and BYTES_LOST for an adapter that
   *   lost track of its real work
   */
  async run<T>(main: () => Promise<T>): Promise<T> {
    const ended = new Promise<never>((_, reject) => {
      this.#endRun = reject;
    });
    const stopWatch = this.#watchHolds();
    this.#running = true;
    this.touch();
    try {
      return await Promise.race([Promise.resolve().then(main), ended]);
    } finally {
      this.#running = false;
      stopWatch();
      this.#cancelPace();
    }
  }

  after(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#timers.remove(timer);
        reject(new ClockError('ABORTED', 'the wait was canceled'));
      };
      const timer = this.#startTimer(delayMs, () => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      });
      if (signal?.aborted) giveUp();
      else signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  sleepUntil(timeMs: number, signal?: AbortSignal): Promise<void> {
    return this.after(timeMs - this.#nowMs, signal);
  }

  within<T>(limitMs: number, work: Promise<T>, onLate: () => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = this.#startTimer(limitMs, () => {
        reject(new ClockError('TIMED_OUT', `there was no answer within ${limitMs} ms`));
        onLate();
      });
      // The loser of the race is taken out, or it would make an empty turn later.
      work.then(resolve, reject).finally(() => this.#timers.remove(timer));
    });
  }

  task<T>(label: string, work: () => Promise<T>): Promise<T> {
    const seq = this.next();
    const release = this.hold(label);
    return new Promise((resolve, reject) => {
      (async () => work())()
        .then(
          (value) => this.deliver(seq + 1, () => resolve(value)),
          (error) => this.deliver(seq + 1, () => reject(error)),
        )
        .finally(release);
    });
  }

  pulse(intervalMs: number, beat: () => void, signal: AbortSignal): void {
    this.#pulses.add(this.#nowMs, intervalMs, beat, signal);
  }

  next(): number {
    this.#sequence += 2;
    return this.#sequence;
  }

  hold(label: string): () => void {
    return this.#holds.open(label, () => this.touch());
  }

  touch(): void {
    this.#stamp++;
    this.#planStep();
  }

  deliver(seq: number, run: () => void): void {
    this.touch();
    if (this.#ordered) this.#staging.stage({ seq, run });
    else run();
  }

  addProbe(probe: { moving(): boolean; settled(): void }): void {
    this.#probes.push(probe);
  }

  outside(): () => void {
    return this.#pace.begin(this.#nowMs, () => this.touch());
  }

  #startTimer(delayMs: number, run: () => void): Timer {
    const timer = { dueMs: this.#nowMs + Math.max(0, delayMs), seq: this.next(), run };
    this.#timers.add(timer);
    return timer;
  }

  #planStep(): void {
    if (this.#stepPlanned) return;
    this.#stepPlanned = true;
    atNextLoopTurn(() => {
      this.#stepPlanned = false;
      this.#step();
    });
  }

  // Each step either moves the world on and plans the next one, or returns and waits for a touch.
  #step(): void {
    this.#cancelPace();
    if (this.#staging.handOutOne()) {
      this.#planStep();
    } else if (this.held) {
      this.#quietPasses = 0;
    } else {
      this.#noticeNews();
      if (this.#probes.some((probe) => probe.moving())) this.#turnLoopForBytes();
      else if (this.#quietPasses++ < this.#passes) this.#planStep();
      else this.#quiet();
    }
  }

  #noticeNews(): void {
    if (this.#stamp === this.#stampSeen) return;
    this.#stampSeen = this.#stamp;
    this.#quietPasses = 0;
    this.#unbalancedSinceMs = null;
  }

  #quiet(): void {
    this.#quietPasses = 0;
    this.#unbalancedSinceMs = null;
    this.#turns++;
    for (const probe of this.#probes) probe.settled();
    if (this.#staging.isWaiting) this.#handOutStaged();
    else if (this.#running) this.#jump();
  }

  #handOutStaged(): void {
    const latestMs = this.#pace.latestMs();
    if (this.#pace.isSet) this.#nowMs = Math.max(this.#nowMs, Math.min(latestMs, this.#timers.nextDueMs));
    this.#staging.formBatch();
    this.#planStep();
  }

  #jump(): void {
    const latestMs = this.#pace.latestMs();
    const nextMs = this.#timers.nextDueMs;
    if (nextMs === Number.POSITIVE_INFINITY) {
      if (this.#pace.isSet) return;
      const when = new Date(this.#nowMs).toISOString();
      this.#endRun(
        new ClockError(
          'STUCK',
          `at ${when} the run is stuck: every party waits and no timer is left, or real work is awaited outside a task`,
        ),
      );
    } else if (nextMs > latestMs) {
      this.#cancelPace = afterWallMs(nextMs - latestMs, () => this.touch());
    } else {
      this.#nowMs = Math.max(this.#nowMs, nextMs);
      this.#staging.takeBatch([...this.#pulses.takeDue(this.#nowMs), ...this.#timers.takeDue(this.#nowMs)]);
      this.#planStep();
    }
  }

  // Bytes on loopback move while the loop turns, and cannot need long.
  #turnLoopForBytes(): void {
    this.#quietPasses = 0;
    this.#unbalancedSinceMs ??= wallMs();
    if (wallMs() - this.#unbalancedSinceMs <= BYTES_LOST_AFTER_MS) this.#planStep();
    else
      this.#endRun(
        new ClockError('BYTES_LOST', 'bytes that one end of a connection wrote did not reach the other end'),
      );
  }

  #watchHolds(): () => void {
    const onHeld = (labels: readonly string[]) => {
      const first = labels.slice(0, 5).join(', ');
      this.#endRun(new ClockError('HELD', `no progress for a minute; open holds: ${first}`));
    };
    return this.#holds.watch(() => this.#stamp, this.#onStale, onHeld);
  }
}
