/** One piece of work at a time for each name, in the order in which it was asked for. */
export class Turns<Name extends string> {
  readonly #last = new Map<Name, Promise<unknown>>();

  /** Runs `work` when all earlier work under this name is over, however that ended. */
  async take<T>(name: Name, work: () => Promise<T>): Promise<T> {
    const earlier = this.#last.get(name) ?? Promise.resolve();
    const turn = earlier.then(work);
    const over = turn.then(
      () => {},
      () => {},
    );
    this.#last.set(name, over);
    try {
      return await turn;
    } finally {
      if (this.#last.get(name) === over) this.#last.delete(name);
    }
  }
}
