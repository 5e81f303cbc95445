import type { HostName } from '@vcryptsim/ports';
import { hostGone } from '../api/faults.js';
import type { Life } from '../datastore/life.js';

/** The life of one boot, which its owner ends. */
export class BootLife implements Life {
  readonly #end = new AbortController();

  constructor(readonly host: HostName) {}

  get over(): boolean {
    return this.#end.signal.aborted;
  }

  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** Throws HOST_GONE once the boot is over. */
  check(): void {
    if (this.over) throw hostGone(this.host);
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    this.check();
    try {
      const result = await work();
      this.check();
      return result;
    } catch (error) {
      this.check();
      throw error;
    }
  }

  end(): void {
    this.#end.abort();
  }
}
