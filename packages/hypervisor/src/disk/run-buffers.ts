/** Who makes buffers: an engine, or a DEK for its own. */
export interface BufferMaker {
  /** See `XtsEngine.allocateBuffer`. */
  allocateBuffer(sizeBytes: number): Uint8Array;
}

/** What a request goes through at most at once; a whole number of data units of any size that disks have. */
export const RUN_BUFFER_SIZE_BYTES = 1024 * 1024;

/** Kept for the requests to come. */
const KEPT_MAX = 4;

/**
 * Buffers in which data units are encrypted and decrypted, one for each request at a time, so that requests run side by
 * side. The few that are kept are those in which the engine is fastest; nobody waits for one of them, there are others.
 */
export class RunBuffers {
  readonly #maker: BufferMaker;
  readonly #free: Uint8Array[] = [];
  #made = 0;

  constructor(maker: BufferMaker) {
    this.#maker = maker;
  }

  /**
   * Lends a buffer for as long as `use` takes.
   *
   * @param lengthBytes at most {@link RUN_BUFFER_SIZE_BYTES}
   * @param use gets it with old ciphertext or zeros in it, and leaves ciphertext or zeros; when it throws, all is zeroed
   */
  async lend<T>(lengthBytes: number, use: (buffer: Uint8Array) => Promise<T>): Promise<T> {
    const kept = this.#take();
    const buffer = kept?.subarray(0, lengthBytes) ?? new Uint8Array(lengthBytes);
    try {
      return await use(buffer);
    } catch (error) {
      buffer.fill(0);
      throw error;
    } finally {
      if (kept !== undefined) this.#free.push(kept);
    }
  }

  #take(): Uint8Array | undefined {
    const free = this.#free.pop();
    if (free !== undefined || this.#made === KEPT_MAX) return free;
    const buffer = this.#maker.allocateBuffer(RUN_BUFFER_SIZE_BYTES);
    this.#made += 1;
    return buffer;
  }
}
