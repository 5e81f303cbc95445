/**
 * Counts the boots of each actor of a world. An actor's stream of chance is forked from its name and this number, and
 * vCenter knows a host that booted again by it: so no number may come twice, whatever ended the boot before.
 */
export interface Incarnations {
  /** The number of the boot that is about to come: one more than the last, from 1. Resolves when that is kept. */
  next(actor: string): Promise<number>;
}

/** Counts for a world that ends with its process. */
export class CountedIncarnations implements Incarnations {
  readonly #counts = new Map<string, number>();

  async next(actor: string): Promise<number> {
    const count = (this.#counts.get(actor) ?? 0) + 1;
    this.#counts.set(actor, count);
    return count;
  }
}
