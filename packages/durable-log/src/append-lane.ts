import type { FileHandle } from '@vcryptsim/ports';
import { unwritable } from './log-error.js';

/** Something to append. */
export interface Appended {
  readonly sizeBytes: number;
  /** Gives the parts of the file that are overwritten as soon as the entry is durable; asked then. */
  readonly wipes?: () => readonly Wipe[];
}

/** Bytes that take the place of others. */
export interface Wipe {
  readonly offsetBytes: number;
  readonly bytes: Uint8Array;
}

/** Bytes of one write, and what to do once they are durable. */
export interface Write {
  readonly bytes: Uint8Array;
  /** Runs before anything else is written. */
  readonly landed: (startBytes: number) => void;
}

/** Where a lane goes on. */
export interface End {
  readonly lengthBytes: number;
  /** Number of the last durable write. */
  readonly lastNumber: number;
}

type Turn<Entry> =
  | { readonly entry: Entry; readonly resolve: () => void; readonly reject: (reason: unknown) => void }
  | { readonly work: () => Promise<void>; readonly resolve: () => void; readonly reject: (reason: unknown) => void };

const ENTRIES_PER_WRITE_MAX = 256;
const BYTES_PER_WRITE_MAX = 4 * 1024 * 1024;

/**
 * The one lane in which a file is written: what is asked for is done in the order in which it was asked for, one thing
 * at a time. Entries that come while a write is under way share the next one (group commit): one write and one fsync
 * for all of them.
 *
 * When a write fails, it and every entry that waits behind it is refused, because a later entry may rest on an earlier
 * one, and the file is cut back before anything else is written. When an fsync fails, nobody knows what the medium
 * holds: the lane refuses everything from then on, and the next start finds out.
 */
export class AppendLane<Entry extends Appended> {
  #handle: FileHandle;
  readonly #join: (entries: readonly Entry[], number: number) => Write;
  readonly #onRefused: () => void;
  readonly #beforeWrite: (() => Promise<void>) | undefined;
  readonly #afterWrite: (() => Promise<void>) | undefined;
  readonly #aroundWipe: (work: () => Promise<void>) => Promise<void>;
  #end: End;
  #waiting: Turn<Entry>[] = [];
  #waitingBytes = 0;
  #turn: Promise<void> = Promise.resolve();
  #isPumping = false;
  #isBroken = false;
  /** Whether a failed write may have left something behind the durable part. */
  #hasRemains = false;

  /**
   * @param handle open for writing; the lane closes it
   * @param o.join makes one write of several entries and the write's number
   * @param o.onRefused runs when a write failed, before anybody is told
   * @param o.beforeWrite runs before each write; what it throws refuses the write
   * @param o.afterWrite runs when a write is durable, before anybody is told; it throws nothing
   * @param o.aroundWipe runs what overwrites durable bytes
   */
  constructor(
    handle: FileHandle,
    end: End,
    o: {
      readonly join: (entries: readonly Entry[], number: number) => Write;
      readonly onRefused: () => void;
      readonly beforeWrite?: () => Promise<void>;
      readonly afterWrite?: () => Promise<void>;
      readonly aroundWipe?: (work: () => Promise<void>) => Promise<void>;
    },
  ) {
    this.#handle = handle;
    this.#end = end;
    this.#join = o.join;
    this.#onRefused = o.onRefused;
    this.#beforeWrite = o.beforeWrite;
    this.#afterWrite = o.afterWrite;
    this.#aroundWipe = o.aroundWipe ?? ((work) => work());
  }

  /** The file that is written now. */
  get handle(): FileHandle {
    return this.#handle;
  }

  /** Where the durable part ends. */
  get end(): End {
    return this.#end;
  }

  /** Bytes that wait to be written. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /**
   * Appends one entry; resolves when it is durable and what it wipes is gone.
   *
   * @throws LogError LOG_UNWRITABLE; what `beforeWrite` throws; the entry is durable even so when only its wiping failed
   */
  append(entry: Entry): Promise<void> {
    this.#waitingBytes += entry.sizeBytes;
    return this.#enqueue((resolve, reject) => ({ entry, resolve, reject }));
  }

  /** Overwrites durable bytes; `wipes` is asked at its turn. Throws LogError LOG_UNWRITABLE. */
  wipe(wipes: () => readonly Wipe[]): Promise<void> {
    return this.run(() => this.#wipe(wipes()));
  }

  /** Does something at its turn, when nothing else is written. */
  run(work: () => Promise<void>): Promise<void> {
    return this.#enqueue((resolve, reject) => ({ work, resolve, reject }));
  }

  /** Goes on in another file, as part of what {@link run} does; the caller closes the one before. */
  moveTo(handle: FileHandle, end: End): void {
    this.#handle = handle;
    this.#end = end;
    this.#hasRemains = false;
  }

  /** Refuses everything from now on: what is on the medium is no longer known. */
  giveUp(): void {
    this.#isBroken = true;
  }

  /** Waits for what is under way and closes the file. */
  async close(): Promise<void> {
    while (this.#isPumping) await this.#turn;
    await this.#handle.close();
  }

  #enqueue(make: (resolve: () => void, reject: (reason: unknown) => void) => Turn<Entry>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(make(resolve, reject));
      if (!this.#isPumping) this.#turn = this.#pump();
    });
  }

  async #pump(): Promise<void> {
    this.#isPumping = true;
    for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
      if ('entry' in first) await this.#writeBatch(this.#takeBatch());
      else {
        this.#waiting.shift();
        await first.work().then(first.resolve, first.reject);
      }
    }
    this.#isPumping = false;
  }

  #takeBatch(): Extract<Turn<Entry>, { entry: Entry }>[] {
    const batch: Extract<Turn<Entry>, { entry: Entry }>[] = [];
    let sizeBytes = 0;
    for (const turn of this.#waiting) {
      if (!('entry' in turn) || batch.length === ENTRIES_PER_WRITE_MAX) break;
      sizeBytes += turn.entry.sizeBytes;
      if (batch.length > 0 && sizeBytes > BYTES_PER_WRITE_MAX) break;
      batch.push(turn);
    }
    this.#waiting.splice(0, batch.length);
    this.#waitingBytes -= batch.reduce((sum, { entry }) => sum + entry.sizeBytes, 0);
    return batch;
  }

  async #writeBatch(batch: readonly Extract<Turn<Entry>, { entry: Entry }>[]): Promise<void> {
    try {
      if (this.#beforeWrite) await this.#beforeWrite();
      await this.#write(
        this.#join(
          batch.map(({ entry }) => entry),
          this.#end.lastNumber + 1,
        ),
      );
    } catch (error) {
      this.#onRefused();
      for (const { reject } of [...batch, ...this.#dropEntries()]) reject(error);
      return;
    }
    if (this.#afterWrite) await this.#afterWrite();
    const wiping = batch.filter(({ entry }) => entry.wipes !== undefined);
    for (const { entry, resolve } of batch) if (entry.wipes === undefined) resolve();
    if (wiping.length === 0) return;
    try {
      await this.#wipe(wiping.flatMap(({ entry }) => entry.wipes?.() ?? []));
      for (const { resolve } of wiping) resolve();
    } catch (error) {
      for (const { reject } of wiping) reject(error);
    }
  }

  #dropEntries(): Turn<Entry>[] {
    const dropped = this.#waiting.filter((turn) => 'entry' in turn);
    this.#waiting = this.#waiting.filter((turn) => !('entry' in turn));
    this.#waitingBytes = 0;
    return dropped;
  }

  async #write({ bytes, landed }: Write): Promise<void> {
    this.#refuseBroken();
    const { lengthBytes, lastNumber } = this.#end;
    try {
      if (this.#hasRemains) await this.#cutRemains();
      this.#hasRemains = true;
      await this.#handle.pwrite(bytes, lengthBytes);
    } catch (error) {
      // At once, to give the room back; if that fails too, before the next write.
      await this.#cutRemains().catch(() => {});
      throw unwritable('write', error);
    }
    await this.#sync();
    this.#hasRemains = false;
    this.#end = { lengthBytes: lengthBytes + bytes.length, lastNumber: lastNumber + 1 };
    landed(lengthBytes);
  }

  async #wipe(wipes: readonly Wipe[]): Promise<void> {
    if (wipes.length === 0) return;
    this.#refuseBroken();
    try {
      await this.#aroundWipe(async () => {
        for (const { offsetBytes, bytes } of wipes) await this.#handle.pwrite(bytes, offsetBytes);
      });
    } catch (error) {
      throw unwritable('overwrite', error);
    }
    await this.#sync();
  }

  async #sync(): Promise<void> {
    try {
      await this.#handle.fsync();
    } catch (error) {
      this.giveUp();
      throw unwritable('sync', error);
    }
  }

  #refuseBroken(): void {
    if (this.#isBroken) throw unwritable('earlier');
  }

  async #cutRemains(): Promise<void> {
    await this.#handle.truncate(this.#end.lengthBytes);
    this.#hasRemains = false;
  }
}
