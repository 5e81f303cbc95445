import type { Buffer } from 'node:buffer';

/** Below this size the garbage collector is cheaper than the trip. */
const SMALLEST_RELEASE_BYTES = 4096;

/**
 * Gives the memory of cipher outputs back at once. `update()` allocates its output anew each time; left to the garbage
 * collector, thousands of them pile up, each on cold memory, and the allocator then returns all to the system only to
 * fault it in again. Freed at once, the next output lands on the same warm memory: a quarter of the speed of a run.
 *
 * Posting to a closed port still detaches what is transferred with the message, and the message is dropped there and
 * then (HTML standard, message port post steps; Node does the same on purpose).
 */
export class OutputRelease {
  readonly #closed: InstanceType<typeof MessagePort>;

  constructor() {
    this.#closed = new MessageChannel().port1;
    this.#closed.close();
  }

  /** @param output of `update()`, which owns its whole memory; unusable afterwards */
  release(output: Buffer): void {
    if (output.length >= SMALLEST_RELEASE_BYTES) this.#closed.postMessage(null, [output.buffer as ArrayBuffer]);
  }
}
