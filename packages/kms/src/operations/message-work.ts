import { KmipError } from '@vcryptsim/kmip-lite';
import type { KeyPairKind } from '@vcryptsim/ports';
import type { ClientName } from '../terms/client-name.js';
import { KmsError } from '../terms/errors.js';
import type { WorkTurns } from './work-turns.js';

/** Units of work that one message may ask for. One unit is about one attribute that is looked at. */
export const UNITS_PER_MESSAGE = 10_000_000;

/** What making a pair costs, in the same units: by the time that it takes. */
const RSA_UNITS: ReadonlyMap<KeyPairKind, number> = new Map([
  ['rsa-1024', 20_000],
  ['rsa-2048', 75_000],
  ['rsa-3072', 400_000],
  ['rsa-4096', 1_200_000],
]);
const EC_UNITS = 5_000;

/** A message's bytes weigh a little, an item some more: neither may come in any number without a pause. */
const BYTES_PER_UNIT = 64;
const LARGE_MESSAGE_BYTES = 16 * 1024;
const UNITS_PER_ITEM = 200;

/** The work of one message: what it may cost all in all, and when it must let others go first. */
export class MessageWork {
  readonly #client: ClientName;
  readonly #turns: WorkTurns;
  readonly #signal: AbortSignal | undefined;
  #spent = 0;
  #isDue = false;

  /** @param message its length, and a signal that fires when nobody waits for the answer any more */
  constructor(
    client: ClientName,
    turns: WorkTurns,
    { lengthBytes, signal }: { readonly lengthBytes: number; readonly signal?: AbortSignal | undefined },
  ) {
    this.#client = client;
    this.#turns = turns;
    this.#signal = signal;
    if (lengthBytes >= LARGE_MESSAGE_BYTES) this.#isDue = turns.spend(client, lengthBytes / BYTES_PER_UNIT);
  }

  /** What was spent so far, in units. */
  get spent(): number {
    return this.#spent;
  }

  /** Whether {@link rest} would wait. */
  get isDue(): boolean {
    return this.#isDue;
  }

  /**
   * Counts work before it is done.
   *
   * @throws KmsError WORK_EXCEEDED when the message asks for more than one message may
   */
  spend(units: number): void {
    this.#spent += units;
    if (this.#spent > UNITS_PER_MESSAGE) {
      throw new KmsError('WORK_EXCEEDED', 'The message asks for more work than one message may.');
    }
    if (this.#turns.spend(this.#client, units)) this.#isDue = true;
  }

  /** Counts a key pair; it is made elsewhere, so nobody waits for it here. Throws KmsError WORK_EXCEEDED. */
  spendPair(kind: KeyPairKind): void {
    this.#spent += RSA_UNITS.get(kind) ?? EC_UNITS;
    if (this.#spent > UNITS_PER_MESSAGE) {
      throw new KmsError('WORK_EXCEEDED', 'The message asks for more key pairs than one message may.');
    }
  }

  /** Lets others go first, if it is time. Throws KmipError when nobody waits for the answer any more. */
  async rest(): Promise<void> {
    if (this.#isDue) {
      this.#isDue = false;
      await this.#turns.turn(this.#client);
    }
    this.refuseOver();
  }

  /** Throws KmipError when nobody waits for the answer any more: it ends the work and reaches nobody. */
  refuseOver(): void {
    if (this.#signal?.aborted) throw new KmipError('OperationCanceledByRequester', 'the connection is over');
  }

  /** Called before each item of the message. The first costs nothing: most messages have one. */
  async beforeItem(place: number): Promise<void> {
    if (place > 0) this.spendItem();
    if (this.#isDue) await this.rest();
  }

  private spendItem(): void {
    if (this.#turns.spend(this.#client, UNITS_PER_ITEM)) this.#isDue = true;
  }
}
