/** Bytes of a disk, from the first to before the last. */
export interface ByteRange {
  readonly startBytes: number;
  readonly endBytes: number;
}

/** What a request does, and so for which earlier ones it waits. */
type Request = RangeRequest | { readonly kind: 'flush' } | { readonly kind: 'alone' };

interface RangeRequest extends ByteRange {
  readonly kind: 'read' | 'write';
}

/**
 * The requests of one disk: what does not touch runs side by side, what does runs in the order in which it was asked for.
 *
 * | a later | waits for an earlier |
 * |---|---|
 * | read | write of the same units |
 * | write | read or write of the same units |
 * | flush | write, anywhere |
 * | any, after `alone` | `alone` |
 * | `alone` | all |
 *
 * Ranges are taken as whole data units, because that is what is read and written below: two writes of different sectors in
 * one unit of 4 KiB would each put back what it read before the other. An earlier request that fails is over like any other.
 */
export class RangeLane {
  readonly #unitSizeBytes: number;
  readonly #pending = new Map<Request, Promise<unknown>>();

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

  /** Runs `work` when the writes before it are over. What comes after does not wait for it. */
  flush<T>(work: () => Promise<T>): Promise<T> {
    return this.#run({ kind: 'flush' }, work);
  }

  /** Runs `work` when everything before it is over, and holds everything after it back until it is over itself. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#run({ kind: 'alone' }, work);
  }

  async #run<T>(request: Request, work: () => Promise<T>): Promise<T> {
    const before = [...this.#pending].filter(([earlier]) => waitsFor(request, earlier)).map(([, end]) => end);
    const result = before.length === 0 ? work() : Promise.allSettled(before).then(work);
    this.#pending.set(request, result);
    try {
      return await result;
    } finally {
      this.#pending.delete(request);
    }
  }

  #whole({ startBytes, endBytes }: ByteRange): ByteRange {
    const unit = this.#unitSizeBytes;
    return { startBytes: startBytes - (startBytes % unit), endBytes: Math.ceil(endBytes / unit) * unit };
  }
}

function waitsFor(later: Request, earlier: Request): boolean {
  if (later.kind === 'alone' || earlier.kind === 'alone') return true;
  if (later.kind === 'flush') return earlier.kind === 'write';
  if (earlier.kind === 'flush' || (later.kind === 'read' && earlier.kind === 'read')) return false;
  return later.startBytes < earlier.endBytes && earlier.startBytes < later.endBytes;
}
