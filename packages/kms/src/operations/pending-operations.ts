import { type Finished, Pending } from '@vcryptsim/kmip-lite/server';
import type { Entropy } from '@vcryptsim/ports';
import type { ClientName } from '../terms/client-name.js';
import { KmsError } from '../terms/errors.js';
import type { MessageWork } from './message-work.js';

interface Entry {
  readonly client: ClientName;
  /** What was begun cannot be cancelled any more. */
  readonly isBegun: boolean;
  /** @param by bounds of the message that polls */
  readonly work: (by: MessageWork | undefined) => Promise<Finished>;
}

const CORRELATION_BYTES = 8;
const PENDING_PER_CLIENT_MAX = 64;

/** Operations that were answered as pending, until they are polled or cancelled. They do not outlive the server. */
export class PendingOperations {
  readonly #entries = new Map<string, Entry>();
  readonly #entropy: Entropy;

  constructor(entropy: Entropy) {
    this.#entropy = entropy;
  }

  /** Keeps an operation; the oldest of a client with too many is dropped. Work that is not begun waits for the poll. */
  begin(client: ClientName, o: Omit<Entry, 'client'>): Pending {
    const value = this.#entropy.public(CORRELATION_BYTES, 'asynchronous correlation value');
    const own = [...this.#entries].filter(([, entry]) => entry.client === client);
    const [oldest] = own;
    if (oldest && own.length >= PENDING_PER_CLIENT_MAX) this.#entries.delete(oldest[0]);
    this.#entries.set(keyOf(value), { ...o, client });
    return new Pending(value);
  }

  /**
   * The operation's own answer (KMIP 1.1 section 4.28).
   *
   * @throws KmsError CORRELATION_UNKNOWN, OPERATION_CANCELED; what the work throws
   */
  async poll(client: ClientName, value: Uint8Array, by?: MessageWork): Promise<Finished> {
    return this.#take(client, value).work(by);
  }

  /** Gives an operation up (KMIP 1.1 section 4.27). */
  cancel(client: ClientName, value: Uint8Array): 'Canceled' | 'Completed' | 'Unavailable' {
    if (this.#entries.get(keyOf(value))?.client !== client) return 'Unavailable';
    if (this.#take(client, value).isBegun) return 'Completed';
    this.#entries.set(keyOf(value), { client, isBegun: false, work: refuseCanceled });
    return 'Canceled';
  }

  #take(client: ClientName, value: Uint8Array): Entry {
    const entry = this.#entries.get(keyOf(value));
    if (entry?.client !== client) throw new KmsError('CORRELATION_UNKNOWN', 'There is no such pending operation.');
    this.#entries.delete(keyOf(value));
    return entry;
  }
}

async function refuseCanceled(): Promise<never> {
  throw new KmsError('OPERATION_CANCELED', 'The operation was canceled before it was begun.');
}

function keyOf(value: Uint8Array): string {
  return [...value].join('.');
}
