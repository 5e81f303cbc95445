import type { HostName } from '@vcryptsim/ports';
import { hostGone } from '../faults.js';

/** The time between a boot and the next power cut. What was begun in it does not outlive it. */
export class BootLife {
  #over = false;

  constructor(readonly host: HostName) {}

  get over(): boolean {
    return this.#over;
  }

  /** Throws HOST_GONE once the boot is over. */
  check(): void {
    if (this.#over) throw hostGone(this.host);
  }

  /** Runs a call from outside. Whatever it ends in, it ends in HOST_GONE when the boot ended meanwhile. */
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
    this.#over = true;
  }
}
