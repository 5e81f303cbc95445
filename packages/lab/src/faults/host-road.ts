import { type Clock, NetworkError } from '@vcryptsim/ports';

/** What is wrong with the way to a host: `cut`, it leads nowhere; `hang`, nothing comes through until it is mended. */
export type RoadFault = 'cut' | 'hang';

/**
 * After so long without an answer vCenter's end gives a connection up. vCenter calls a host not responding after a minute
 * without heartbeats by default; that calls under way end then too is ours.
 */
const SILENCE_MAX_MS = 60_000;

/**
 * The way from one vCenter to one host. A fault holds for what is under way: when the way is cut, calls that were made
 * end with RESET, and what they asked for is done all the same; while it hangs, their answers wait, and so do new calls.
 */
export class HostRoad {
  readonly #host: string;
  readonly #clock: Clock;
  #fault: RoadFault | null = null;
  /** Ends each call that is under way. */
  readonly #underWay = new Set<(error: NetworkError) => void>();
  #mended = deferred();

  constructor(host: string, clock: Clock) {
    this.#host = host;
    this.#clock = clock;
  }

  /** What is wrong with it now, or null. */
  get fault(): RoadFault | null {
    return this.#fault;
  }

  /** Breaks it from now on; replaces an earlier fault. */
  set(fault: RoadFault): void {
    this.clear();
    this.#fault = fault;
    if (fault === 'cut') this.reset();
  }

  /** Mends it: what waited goes on. */
  clear(): void {
    this.#fault = null;
    this.#mended.resolve();
    this.#mended = deferred();
  }

  /** Ends the calls that are under way, as when the other end is gone. */
  reset(): void {
    const lost = new NetworkError('RESET', `the connection to host ${this.#host} was lost`);
    for (const end of [...this.#underWay]) end(lost);
  }

  /**
   * Makes a call over it.
   *
   * @param unsent called when the call never left
   * @throws NetworkError REFUSED, RESET
   */
  async call<T>(work: () => Promise<T>, unsent: () => void = () => {}): Promise<T> {
    let end: (error: NetworkError) => void = () => {};
    const ended = new Promise<never>((_, reject) => {
      end = reject;
    });
    ended.catch(() => {});
    this.#underWay.add(end);
    try {
      return await Promise.race([ended, this.#through(work, unsent, ended)]);
    } finally {
      this.#underWay.delete(end);
    }
  }

  async #through<T>(work: () => Promise<T>, unsent: () => void, ended: Promise<never>): Promise<T> {
    try {
      await Promise.race([this.#pass(), ended]);
    } catch (error) {
      unsent();
      throw error;
    }
    try {
      return await work();
    } finally {
      await this.#pass();
    }
  }

  /** Waits while it hangs. */
  async #pass(): Promise<void> {
    if (this.#fault === 'cut') throw new NetworkError('REFUSED', `host ${this.#host} cannot be reached`);
    if (this.#fault !== 'hang') return;
    const over = new AbortController();
    const silence = this.#clock.after(SILENCE_MAX_MS, over.signal).then(
      () => true,
      () => false,
    );
    const isSilent = await Promise.race([silence, this.#mended.promise.then(() => false)]);
    over.abort();
    if (isSilent) throw new NetworkError('RESET', `host ${this.#host} did not answer for a minute`);
    await this.#pass();
  }
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
