import { KmipError } from '@vcryptsim/kmip-lite';
import type { KeyPair, KeyPairKind, KeyPairSource } from '@vcryptsim/ports';
import type { ClientName } from '../terms/client-name.js';

interface Waiting {
  readonly kind: KeyPairKind;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (pair: KeyPair) => void;
  readonly reject: (error: unknown) => void;
}

/** Makes key pairs for clients: each has a queue of its own, and the queues take turns. Who is gone is left out. */
export class KeyPairQueue {
  readonly #source: KeyPairSource;
  readonly #atOnce: number;
  readonly #waiting = new Map<ClientName, Waiting[]>();
  #running = 0;

  constructor(source: KeyPairSource) {
    this.#source = source;
    this.#atOnce = source.atOnce ?? 1;
  }

  /** How many pairs wait to be made. */
  get length(): number {
    return [...this.#waiting.values()].reduce((sum, own) => sum + own.length, 0);
  }

  /** The source as one client sees it. */
  of(client: ClientName): KeyPairSource {
    return { generate: (kind, signal) => this.#generate(client, kind, signal) };
  }

  #generate(client: ClientName, kind: KeyPairKind, signal: AbortSignal | undefined): Promise<KeyPair> {
    let onAbort = () => {};
    const made = new Promise<KeyPair>((resolve, reject) => {
      const own = this.#waiting.get(client) ?? [];
      const one = { kind, signal, resolve, reject };
      own.push(one);
      this.#waiting.set(client, own);
      onAbort = () => this.#leave(client, one);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#pump();
    });
    // The signal is the connection's, which may ask for many more.
    return made.finally(() => signal?.removeEventListener('abort', onAbort));
  }

  #leave(client: ClientName, one: Waiting): void {
    const own = this.#waiting.get(client) ?? [];
    const place = own.indexOf(one);
    if (place < 0) return; // it is being made: the source is told by the same signal
    own.splice(place, 1);
    if (own.length === 0) this.#waiting.delete(client);
    one.reject(gone());
  }

  #pump(): void {
    while (this.#running < this.#atOnce) {
      const next = this.#next();
      if (!next) return;
      void this.#make(next);
    }
  }

  async #make({ kind, signal, resolve, reject }: Waiting): Promise<void> {
    this.#running += 1;
    try {
      if (signal?.aborted) throw gone();
      resolve(await this.#source.generate(kind, signal));
    } catch (error) {
      reject(signal?.aborted || isClosed(error) ? gone() : error);
    } finally {
      this.#running -= 1;
      this.#pump();
    }
  }

  #next(): Waiting | null {
    for (const [client, own] of this.#waiting) {
      const one = own.shift();
      this.#waiting.delete(client);
      if (own.length > 0) this.#waiting.set(client, own); // behind the others
      if (one) return one;
    }
    return null;
  }
}

/** Says whether the source ends: with the server. */
function isClosed(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'KEY_PAIRS_CLOSED';
}

function gone(): KmipError {
  return new KmipError('OperationCanceledByRequester', 'the connection is over');
}
