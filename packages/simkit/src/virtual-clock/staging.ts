/** A result of real work or a timer that went off, ready for the application. */
export interface Result {
  readonly seq: number;
  readonly run: () => void;
}

/** Results on their way to the application: staged as they come, handed out one by one in batches that are fixed. */
export class Staging {
  #staged: Result[] = [];
  #batch: readonly Result[] = [];
  #handedOut = 0;

  /** True when something came since the last batch was formed. */
  get isWaiting(): boolean {
    return this.#staged.length > 0;
  }

  stage(result: Result): void {
    this.#staged.push(result);
  }

  /** Runs the next result of the batch. Answers whether there was one. */
  handOutOne(): boolean {
    const result = this.#batch[this.#handedOut];
    if (!result) {
      this.#batch = []; // what they hold may be large, or secret
      return false;
    }
    this.#handedOut++;
    result.run();
    return true;
  }

  /** Makes all that is staged the next batch, in the order of the calls. */
  formBatch(): void {
    const results = this.#staged.sort((a, b) => a.seq - b.seq);
    this.#staged = [];
    this.takeBatch(results);
  }

  /** Makes `results`, in their order, the next batch. */
  takeBatch(results: readonly Result[]): void {
    this.#batch = results;
    this.#handedOut = 0;
  }
}
