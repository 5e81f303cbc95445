import type { Clock } from '@vcryptsim/ports';
import type { ClientName } from '../terms/client-name.js';

/** Units that one client's work takes before others get their turn: some milliseconds. */
export const UNITS_PER_TURN = 20_000;

/**
 * Long work takes turns: after so many units a client's work waits until the event loop has looked at everything else,
 * and then one client after the other goes on, however many connections each has.
 */
export class WorkTurns {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #sinceTurn = new Map<ClientName, number>();
  /** Who waits, by client; the client that has waited longest is first. */
  readonly #waiting = new Map<ClientName, (() => void)[]>();
  #isTurning = false;
  #turns = 0;

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
  }

  /** How many turns were given so far. */
  get turns(): number {
    return this.#turns;
  }

  /** Counts work of a client; true when it must wait for its turn before it does more. */
  spend(client: ClientName, units: number): boolean {
    const sum = (this.#sinceTurn.get(client) ?? 0) + units;
    this.#sinceTurn.set(client, sum);
    return sum >= UNITS_PER_TURN;
  }

  /** Waits for the client's turn. */
  turn(client: ClientName): Promise<void> {
    return new Promise((resolve) => {
      const own = this.#waiting.get(client);
      if (own) own.push(resolve);
      else this.#waiting.set(client, [resolve]);
      if (!this.#isTurning) void this.#turn();
    });
  }

  async #turn(): Promise<void> {
    this.#isTurning = true;
    try {
      for (let next = this.#next(); next; next = this.#next()) {
        await this.#clock.after(0).catch(() => {}); // a clock that ends lets everybody go
        this.#turns += 1;
        this.#sinceTurn.delete(next.client);
        next.resume();
      }
    } finally {
      this.#isTurning = false;
    }
  }

  #next(): { readonly client: ClientName; readonly resume: () => void } | null {
    for (const [client, [resume, ...others]] of this.#waiting) {
      this.#waiting.delete(client);
      if (others.length > 0) this.#waiting.set(client, others);
      if (resume) return { client, resume };
    }
    return null;
  }
}
