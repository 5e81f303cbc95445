import { Worker } from 'node:worker_threads';
import { assert } from '../assert.js';
import { CryptoError } from '../errors.js';
import { clearKeySlot, fillKeySlot, isKeySlotDone } from './key-slot.js';
import type { CipherId, FromWorker, KeySlotMemory, RunMessage, ToWorker } from './messages.js';

/** Tests and users read src or dist; a worker thread can only run what was built. */
const WORKER_MAIN = new URL('../../dist/pool/worker-main.js', import.meta.url);

/** The part of a worker thread that the pool uses. */
export interface WorkerThread {
  postMessage(message: ToWorker): void;
  on(event: 'message', listener: (message: FromWorker) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
  ref(): void;
  unref(): void;
  terminate(): Promise<unknown>;
}

/** What one run needs beside what the pool adds. */
export type PoolRun = Omit<RunMessage, 'type' | 'taken'>;

/** A run that is in the workers. */
interface Pending {
  readonly done: () => void;
  readonly fail: (error: CryptoError) => void;
  missing: number;
  failure: string | null;
}

/**
 * Worker threads that do one run at a time, all of them together. Runs wait their turn in the order in which they came,
 * so what a later run does to the same bytes happens later. Threads hold the process only while a run is in them.
 */
export class WorkerPool {
  readonly #threads: readonly WorkerThread[];
  readonly #slots = new Set<KeySlotMemory>();
  #lastCipherId = 0;
  #last: Promise<unknown> = Promise.resolve();
  #pending: Pending | null = null;
  #lost: CryptoError | null = null;

  /**
   * @param o.workers 1 or more
   * @param o.spawn starts a thread; the real ones unless a test brings others
   */
  constructor(o: { workers: number; spawn?: (window: number) => WorkerThread }) {
    assert(Number.isInteger(o.workers) && o.workers >= 1, `a pool has 1 or more workers, not ${o.workers}`);
    const spawn =
      o.spawn ?? ((window) => new Worker(WORKER_MAIN, { workerData: { window, workers: o.workers }, name: 'xts' }));
    // Window 0 of every shared memory is the caller's own thread's.
    this.#threads = Array.from({ length: o.workers }, (_, index) => spawn(index + 1));
    for (const thread of this.#threads) {
      thread.on('message', (message) => this.#answered(message));
      thread.on('error', (error) => this.#lose(`A worker of the XTS pool failed: ${error.message}`));
      thread.on('exit', (code) => this.#lose(`A worker of the XTS pool ended with code ${code}`));
      thread.unref();
    }
  }

  get workers(): number {
    return this.#threads.length;
  }

  /**
   * Gives all workers a key. It is on its way in one shared slot, which the last worker zeroes.
   *
   * @param key checked already; the caller zeroes its own
   */
  prepare(key: Uint8Array): CipherId {
    for (const slot of this.#slots) if (isKeySlotDone(slot, this.workers)) this.#slots.delete(slot);
    const slot = fillKeySlot(key);
    this.#slots.add(slot);
    const cipherId = ++this.#lastCipherId;
    this.#tell({ type: 'PREPARE', cipherId, slot });
    return cipherId;
  }

  /** Has all workers clear a key, after the runs that were asked for before. */
  dispose(cipherId: CipherId): void {
    this.#last = this.#last.then(() => this.#tell({ type: 'DISPOSE', cipherId }));
  }

  /**
   * Does one run, after all runs that were asked for before.
   *
   * @throws CryptoError (rejects) WORKER_FAILED; the units are undefined then
   */
  run(run: PoolRun): Promise<void> {
    const turn = this.#last.then(() => this.#start(run));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Ends the threads; runs that wait or come later are rejected. Safe to call twice. */
  async close(): Promise<void> {
    this.#lose('The XTS pool was closed');
    for (const slot of this.#slots) clearKeySlot(slot);
    this.#slots.clear();
    // Their end has to be waited for, or a process with nothing else to do would end first.
    for (const thread of this.#threads) thread.ref();
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }

  #start(run: PoolRun): Promise<void> {
    if (this.#lost !== null) return Promise.reject(this.#lost);
    return new Promise((done, fail) => {
      this.#pending = { done, fail, missing: this.workers, failure: null };
      for (const thread of this.#threads) thread.ref();
      this.#tell({ type: 'RUN', ...run, taken: new SharedArrayBuffer(4) });
    });
  }

  #answered(message: FromWorker): void {
    const pending = this.#pending;
    if (pending === null) return;
    if (message.type === 'FAILED') pending.failure = message.reason;
    pending.missing -= 1;
    if (pending.missing > 0) return;
    this.#settle();
    if (pending.failure === null) pending.done();
    else pending.fail(failed(`A worker of the XTS pool could not do its part: ${pending.failure}`));
  }

  #lose(reason: string): void {
    this.#lost ??= failed(reason);
    const pending = this.#pending;
    if (pending === null) return;
    this.#settle();
    pending.fail(this.#lost);
  }

  #settle(): void {
    this.#pending = null;
    for (const thread of this.#threads) thread.unref();
  }

  #tell(message: ToWorker): void {
    for (const thread of this.#threads) thread.postMessage(message);
  }
}

function failed(reason: string): CryptoError {
  return new CryptoError(
    'WORKER_FAILED',
    `${reason}. Prepare the key with another engine and do the run again from its source.`,
  );
}
