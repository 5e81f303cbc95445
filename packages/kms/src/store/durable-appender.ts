import { FileError, type FileHandle } from '@vcryptsim/ports';
import { KmsError } from '../errors.js';

interface Waiting {
  readonly entry: Uint8Array;
  readonly onDurable: () => void;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

const ENTRIES_PER_WRITE_MAX = 256;

/**
 * Appends entries to a file and says when they are durable. Entries that come while a write is under way share the next
 * one (group commit): one write and one fsync for all of them, in the order in which they came.
 *
 * When a write fails, it and everything that waits behind it is refused, because a later entry may rest on an earlier
 * one, and the file is cut back before anything else is written. When an fsync fails, nobody knows what the medium
 * holds: the appender refuses everything from then on, and the next start finds out.
 */
export class DurableAppender {
  readonly #handle: FileHandle;
  readonly #join: (entries: readonly Uint8Array[], number: number) => Uint8Array;
  readonly #onRefused: () => void;
  #lengthBytes: number;
  #lastNumber: number;
  #waiting: Waiting[] = [];
  #turn: Promise<void> = Promise.resolve();
  #isPumping = false;
  #isBroken = false;
  /** Whether a failed write may have left something behind the durable part. */
  #hasRemains = false;

  /**
   * @param handle open for writing; the appender does not close it
   * @param o.lengthBytes where the next entry goes
   * @param o.lastNumber number of the last durable write
   * @param o.join makes the bytes of one write of several entries and the write's number
   * @param o.onRefused runs when a write failed, before anybody is told
   */
  constructor(
    handle: FileHandle,
    o: {
      readonly lengthBytes: number;
      readonly lastNumber: number;
      readonly join: (entries: readonly Uint8Array[], number: number) => Uint8Array;
      readonly onRefused: () => void;
    },
  ) {
    this.#handle = handle;
    this.#lengthBytes = o.lengthBytes;
    this.#lastNumber = o.lastNumber;
    this.#join = o.join;
    this.#onRefused = o.onRefused;
  }

  /** Number of the last durable write: one more each time. */
  get lastNumber(): number {
    return this.#lastNumber;
  }

  /** Length of the durable part. */
  get lengthBytes(): number {
    return this.#lengthBytes;
  }

  /**
   * Appends one entry; resolves when it is durable.
   *
   * @param onDurable runs at that moment, in the order of the entries, before anything else is written
   * @throws KmsError STORE_UNWRITABLE
   */
  append(entry: Uint8Array, onDurable: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, onDurable, resolve, reject });
      if (!this.#isPumping) this.#turn = this.#pump();
    });
  }

  /** Refuses everything from now on: what is on the medium is no longer known. */
  giveUp(): void {
    this.#isBroken = true;
  }

  /** Resolves when nothing is under way. */
  async quiet(): Promise<void> {
    while (this.#isPumping) await this.#turn;
  }

  async #pump(): Promise<void> {
    this.#isPumping = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, ENTRIES_PER_WRITE_MAX);
      try {
        await this.#write(
          this.#join(
            batch.map((waiting) => waiting.entry),
            this.#lastNumber + 1,
          ),
        );
      } catch (error) {
        this.#onRefused();
        const refused = [...batch, ...this.#waiting.splice(0)];
        for (const { reject } of refused) reject(error);
        continue;
      }
      for (const { onDurable, resolve } of batch) {
        onDurable();
        resolve();
      }
    }
    this.#isPumping = false;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (this.#isBroken) throw unwritable(null, 'Restart the key server: it no longer knows what the medium holds.');
    try {
      if (this.#hasRemains) await this.#cutRemains();
      this.#hasRemains = true;
      await this.#handle.pwrite(bytes, this.#lengthBytes);
    } catch (error) {
      // At once, to give the room back; if that fails too, before the next write.
      await this.#cutRemains().catch(() => {});
      throw unwritable(error, 'Make room or mend the disk, then try again.');
    }
    try {
      await this.#handle.fsync();
    } catch (error) {
      this.giveUp();
      throw unwritable(error, 'Mend the disk and restart the key server.');
    }
    this.#hasRemains = false;
    this.#lengthBytes += bytes.length;
    this.#lastNumber += 1;
  }

  async #cutRemains(): Promise<void> {
    await this.#handle.truncate(this.#lengthBytes);
    this.#hasRemains = false;
  }
}

/** What a client and an administrator are told when something could not be made durable. */
export function unwritable(cause: unknown, nextStep: string): KmsError {
  const reason = cause instanceof FileError ? cause.code : 'the write failed';
  return new KmsError('STORE_UNWRITABLE', `The key server cannot write: ${reason}.`, nextStep);
}
