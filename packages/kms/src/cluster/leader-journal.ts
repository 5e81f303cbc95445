import { equalBytes } from '@vcryptsim/ports';
import type { JournalCopy, JournalEnd } from '../store/journal-copy.js';
import { type LinkMessage, PIECE_BYTES_MAX } from './link-message.js';

type Piece = Extract<LinkMessage, { type: 'Piece' }>;

/** The leader's journal as one follower copies it: what it has, and what comes next. */
export class LeaderJournal {
  readonly #journal: JournalCopy;
  readonly #stopped: AbortSignal;
  /** Which journal is being sent, and up to where it was. */
  #generation = 0;
  #sentBytes = 0;
  /** Whether what is being sent replaces what the follower has. */
  #replaces = true;

  /** @param stopped ends every wait */
  constructor(journal: JournalCopy, stopped: AbortSignal) {
    this.#journal = journal;
    this.#stopped = stopped;
  }

  /**
   * Looks whether the follower's journal is the beginning of the leader's. Where a frame ends, its last bytes are the
   * chain's value, and that is the same only where all before it is.
   *
   * @param chain of the follower's last frame
   */
  async meet(lengthBytes: number, chain: Uint8Array): Promise<void> {
    const end = await this.#journal.settledEnd(this.#stopped);
    if (end === null || lengthBytes === 0 || lengthBytes < chain.length || lengthBytes > end.lengthBytes) return;
    const bytes = new Uint8Array(chain.length);
    if (!(await this.#journal.readDurable(end.generation, bytes, lengthBytes - chain.length))) return;
    if (!equalBytes(bytes, chain)) return;
    this.#generation = end.generation;
    this.#sentBytes = lengthBytes;
    this.#replaces = false;
  }

  /**
   * The next piece, or, when none came before `wait` fired, one without bytes.
   *
   * @returns null when the leader stops
   * @throws FileError
   */
  async next(wait: AbortSignal): Promise<Piece | null> {
    for (;;) {
      const end = await this.#journal.settledEnd(this.#stopped);
      if (end === null || this.#stopped.aborted) return null;
      if (end.generation !== this.#generation) this.#begin(end);
      const isNews = this.#sentBytes < end.lengthBytes;
      if (!isNews && !wait.aborted) {
        // Each by itself: a signal that follows both would be known to the one that lasts for good.
        await this.#journal.moved(wait, this.#stopped);
        continue;
      }
      const bytes = new Uint8Array(Math.min(PIECE_BYTES_MAX, end.lengthBytes - this.#sentBytes));
      if (isNews && !(await this.#journal.readDurable(end.generation, bytes, this.#sentBytes))) continue;
      return this.#piece(end, bytes);
    }
  }

  #begin({ generation }: JournalEnd): void {
    this.#generation = generation;
    this.#sentBytes = 0;
    this.#replaces = true;
  }

  #piece({ lengthBytes, lastNumber }: JournalEnd, bytes: Uint8Array): Piece {
    const offsetBytes = this.#sentBytes;
    const replaces = this.#replaces;
    this.#sentBytes += bytes.length;
    // Once the follower has the whole of a new journal, the rest goes on where that ends.
    if (this.#sentBytes === lengthBytes) this.#replaces = false;
    return { type: 'Piece', replaces, offsetBytes, endBytes: lengthBytes, lastWrite: lastNumber, bytes };
  }
}
