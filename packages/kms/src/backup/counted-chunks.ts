import { createHash } from 'node:crypto';

/** Chunks on their way into a backup, counted and hashed as they pass: each file is read once. */
export class CountedChunks implements AsyncIterable<Uint8Array> {
  readonly #hash = createHash('sha256');
  #sizeBytes = 0;

  constructor(private readonly chunks: AsyncIterable<Uint8Array>) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.chunks) {
      this.#hash.update(chunk);
      this.#sizeBytes += chunk.length;
      yield chunk;
    }
  }

  /** What passed, once all has. */
  result(): { readonly sizeBytes: number; readonly sha256: string } {
    return { sizeBytes: this.#sizeBytes, sha256: this.#hash.digest('hex') };
  }
}
