import { type ByteRange, type DiskRequest, waitsOf } from './range-waits.js';

/**
 * The requests of one disk: what does not touch runs side by side, what does runs in the order in which it was asked for,
 * see {@link waitsOf}.
 *
 * Ranges are taken as whole data units, because that is what is read and written below: two writes of different sectors in
 * one unit of 4 KiB would each put back what it read before the other. An earlier request that fails is over like any other.
 */
export class RangeLane {
  readonly #unitSizeBytes: number;
  readonly #pending = new Map<DiskRequest, Promise<unknown>>();

  /** @param unitSizeBytes what the disk below reads and writes whole */
  constructor(unitSizeBytes: number) {
    this.#unitSizeBytes = unitSizeBytes;
  }

  /** Runs a read of those bytes in its turn; answers what it answers. */
  read<T>(range: ByteRange, work: () => Promise<T>): Promise<T> {
    return this.#run({ kind: 'read', ...this.#whole(range) }, work);
  }

  /** Runs a write of those bytes in its turn. */
  write<T>(range: ByteRange, work: () => Promise<T>): Promise<T> {
    return this.#run({ kind: 'write', ...this.#whole(range) }, work);
  }

  /** Runs `work` when the writes before it are over. Reads and writes that come after do not wait for it. */
  flush<T>(work: () => Promise<T>): Promise<T> {
    return this.#run({ kind: 'flush' }, work);
  }

  /** Runs `work` when everything before it is over, and holds everything after it back until it is over itself. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#run({ kind: 'alone' }, work);
  }

  async #run<T>(request: DiskRequest, work: () => Promise<T>): Promise<T> {
    const result = this.#pending.size === 0 ? work() : this.#afterThose(request, work);
    this.#pending.set(request, result);
    try {
      return await result;
    } finally {
      this.#pending.delete(request);
    }
  }

  #afterThose<T>(request: DiskRequest, work: () => Promise<T>): Promise<T> {
    const before = waitsOf(request, [...this.#pending.keys()].reverse()).map((earlier) => this.#pending.get(earlier));
    return before.length === 0 ? work() : Promise.allSettled(before).then(work);
  }

  #whole({ startBytes, endBytes }: ByteRange): ByteRange {
    const unit = this.#unitSizeBytes;
    return { startBytes: startBytes - (startBytes % unit), endBytes: Math.ceil(endBytes / unit) * unit };
  }
}
