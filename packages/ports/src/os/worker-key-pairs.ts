import { Worker } from 'node:worker_threads';
import type { KeyPair, KeyPairKind, KeyPairSource } from '../key-pairs.js';
import { opensslOptions } from './openssl-options.js';

/** All that the thread does; keys go back as KeyObjects, which share their bytes. */
const PROGRAM = `
const { parentPort } = require('node:worker_threads');
const { generateKeyPairSync } = require('node:crypto');
parentPort.on('message', ([type, options]) => {
  try {
    parentPort.postMessage(generateKeyPairSync(type, options));
  } catch (error) {
    parentPort.postMessage({ error: String(error) });
  }
});`;

/** Why a pair that was asked for does not come. */
export class KeyPairsClosedError extends Error {
  override readonly name = 'KeyPairsClosedError';
  readonly code = 'KEY_PAIRS_CLOSED';
}

/**
 * Key pairs made on a thread of their own, for a server: an RSA pair takes seconds, and the process's own threads are
 * what files need. A pair that is given up ends its thread, so it costs nothing from then on. One at a time.
 */
export class WorkerKeyPairs implements KeyPairSource {
  readonly atOnce = 1;
  #worker: Worker | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  #giveUp: (error: Error) => void = () => {};

  /** @param signal gives the pair up, also while it is being made */
  generate(kind: KeyPairKind, signal?: AbortSignal): Promise<KeyPair> {
    const made = this.#last.then(() => this.#make(kind, signal));
    this.#last = made.catch(() => {});
    return made;
  }

  /** Gives up what is under way, and refuses what comes. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#giveUp(closed());
    await this.#end();
  }

  #make(kind: KeyPairKind, signal: AbortSignal | undefined): Promise<KeyPair> {
    if (this.#isClosed || signal?.aborted) return Promise.reject(closed());
    return new Promise<KeyPair>((resolve, reject) => {
      this.#worker ??= this.#start();
      const worker = this.#worker;
      const settle = (run: () => void) => {
        worker.removeAllListeners();
        worker.on('error', () => {}); // it may be ending
        signal?.removeEventListener('abort', onAbort);
        this.#giveUp = () => {};
        worker.unref();
        run();
      };
      const giveUp = (error: Error) => {
        void this.#end();
        settle(() => reject(error));
      };
      const onAbort = () => giveUp(closed());
      this.#giveUp = giveUp;
      signal?.addEventListener('abort', onAbort, { once: true });
      worker.once('error', giveUp);
      worker.once('exit', () => giveUp(closed()));
      worker.once('message', (answer: KeyPair | { readonly error: string }) =>
        settle(() => ('error' in answer ? reject(new Error(answer.error)) : resolve(answer))),
      );
      worker.ref();
      worker.postMessage(opensslOptions(kind));
    });
  }

  #start(): Worker {
    return new Worker(PROGRAM, { eval: true, stdout: false, stderr: false });
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }
}

function closed(): KeyPairsClosedError {
  return new KeyPairsClosedError('the key pair was given up');
}
