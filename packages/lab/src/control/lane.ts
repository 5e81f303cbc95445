/** Work on a lab, one piece after the other. Orders and looks alike: a virtual clock drives one of them at a time. */
export class Lane {
  #tail: Promise<unknown> = Promise.resolve();
  #open = 0;

  /** How many pieces are under way or wait. */
  get length(): number {
    return this.#open;
  }

  /** Does `work` when all that came before is over, however it ended. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.#open++;
    const mine = this.#tail.then(work);
    this.#tail = mine.catch(() => {});
    try {
      return await mine;
    } finally {
      this.#open--;
    }
  }
}
