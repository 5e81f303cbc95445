/** Time as the domains see it. One implementation is the operating system's, another moves only when nothing happens. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly nowMs: number;
  /** Resolves `delayMs` later. With `signal`, rejects with ClockError ABORTED as soon as the signal fires. */
  after(delayMs: number, signal?: AbortSignal): Promise<void>;
  /** Resolves at `timeMs`, or at once if that is past. */
  sleepUntil(timeMs: number, signal?: AbortSignal): Promise<void>;
  /**
   * Races `work` against time. When `limitMs` pass first, calls `onLate` (which must end the work: abort its channel)
   * and rejects with ClockError TIMED_OUT; what `work` does after that is dropped.
   */
  within<T>(limitMs: number, work: Promise<T>, onLate: () => void): Promise<T>;
  /**
   * Runs work that other threads do (certificate checks, key generation, worker pools), so that virtual time stands
   * still meanwhile. The work must not await anything that this clock delivers.
   */
  task<T>(label: string, work: () => Promise<T>): Promise<T>;
  /**
   * Calls `beat` about every `intervalMs` until the signal fires, for what must go on beside everything else and is worth
   * no waiting for: heartbeats. It keeps neither a process nor a world going. A virtual clock calls it where time stops,
   * before whatever else is due there, and once for all the intervals that time has jumped over.
   */
  pulse(intervalMs: number, beat: () => void, signal: AbortSignal): void;
}

/**
 * What an adapter of the real world (sockets, threads) is written against; the algorithm is described at
 * simkit's virtual clock. Under a system clock `deliver` runs at once and a hold is empty, so one adapter serves both.
 */
export interface WorldClock extends Clock {
  /** A sequence number for a call. `seq` orders what the other side sees, `seq + 1` the caller's own result. */
  next(): number;
  /** Counts one piece of real work whose end comes as an event. Returns its release, which may be called twice. */
  hold(label: string): () => void;
  /** Says that something real happened: time may not move before the world is quiet again. */
  touch(): void;
  /** Hands a result to the application: at the next quiet point, in the order of `seq`. Kernel callbacks do only this. */
  deliver(seq: number, run: () => void): void;
  /** `moving()` is true while bytes are under way that no event will announce; `settled()` is told of each quiet point. */
  addProbe(probe: { moving(): boolean; settled(): void }): void;
  /** While a peer outside this process may speak, virtual time is no faster than the wall. Returns the end of it. */
  outside(): () => void;
}

/** Why a wait ended early. */
export type ClockErrorCode = 'TIMED_OUT' | 'ABORTED' | 'STUCK' | 'HELD' | 'BYTES_LOST';

/** A wait that did not end well. STUCK, HELD and BYTES_LOST are the virtual clock's own findings and end the run. */
export class ClockError extends Error {
  override readonly name = 'ClockError';
  constructor(
    readonly code: ClockErrorCode,
    message: string,
  ) {
    super(message);
  }
}
