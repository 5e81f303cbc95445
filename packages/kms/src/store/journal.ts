import { assert, exists, type FileHandle, type FileSystem, folderOf, readWhole } from '@vcryptsim/ports';
import { KmsError } from '../errors.js';
import { DurableAppender, unwritable } from './durable-appender.js';
import { decodeFrame, decodeHead, encodeFrame, encodeHead, encodeRecords, hasFrameAfter } from './journal-format.js';

/** No journal is longer: it is read whole at a start. */
export const JOURNAL_BYTES_MAX = 1024 ** 3;

/** Where a journal is. */
export interface JournalOptions {
  readonly files: FileSystem;
  readonly path: string;
  /** Runs when a write failed: nothing that was appended and is not durable yet will be. */
  readonly onRefused: () => void;
}

/** What a journal held when it was opened. */
export interface JournalContent {
  readonly facts: Uint8Array;
  /** Every record, oldest first: views of one buffer. */
  readonly records: readonly Uint8Array[];
  /** Bytes of a last write that a cut left unfinished; they were never answered, and are gone now. */
  readonly tornBytes: number;
}

/** Where the durable part of a journal ends. */
export interface JournalEnd {
  /** Another number means another file: what was copied before is no part of it. */
  readonly generation: number;
  readonly lengthBytes: number;
  /** Number of the last frame. */
  readonly lastNumber: number;
}

/** A journal as those see it who copy it while it is written. */
export interface JournalCopy {
  /** The end, once no rewriting is under way and nothing is hidden; null when the signal fires first. */
  settledEnd(signal: AbortSignal): Promise<JournalEnd | null>;
  /**
   * Fills `buffer` from `offsetBytes` with bytes that are durable.
   *
   * @returns false when that generation is over
   * @throws FileError
   */
  readDurable(generation: number, buffer: Uint8Array, offsetBytes: number): Promise<boolean>;
  /** Resolves when the end may have moved, or when the signal fires. */
  moved(signal: AbortSignal): Promise<void>;
}

/**
 * An append-only file of records with compaction by rewriting; the format is told in journal-format.ts. Knows nothing
 * of what a record means. After a cut at any moment either the old or the new journal stands in its place.
 */
export class Journal implements JournalCopy {
  readonly #files: FileSystem;
  readonly #path: string;
  #handle: FileHandle;
  readonly #onRefused: () => void;
  #appender: DurableAppender;
  /** Counts failed writes: what was begun before one rests on what it lost. */
  #era = 0;
  #rewriting: Promise<void> | null = null;
  #nextRewrite: Promise<void> | null = null;
  #generation = 1;
  /** Changes under way of which copies see only the end. */
  #hidden = 0;
  readonly #waiting = new Set<() => void>();
  readonly #reading = new Set<Promise<number>>();

  private constructor(o: JournalOptions, handle: FileHandle, at: Place) {
    this.#files = o.files;
    this.#path = o.path;
    this.#onRefused = o.onRefused;
    this.#handle = handle;
    this.#appender = this.#appenderOf(handle, at);
  }

  /** Makes an empty journal. Its place must be free. */
  static async create(o: JournalOptions, facts: Uint8Array): Promise<Journal> {
    const { handle, lengthBytes } = await publish(o.files, o.path, [encodeHead(facts)]);
    await o.files.fsyncFolder(folderOf(o.path));
    return new Journal(o, handle, { lengthBytes, lastNumber: 0 });
  }

  /**
   * Opens a journal and reads it. An unfinished last write is cut off.
   *
   * @throws KmsError STORE_DAMAGED when the head cannot be read, or a frame before the last one; FileError
   */
  static async open(o: JournalOptions): Promise<{ journal: Journal; content: JournalContent }> {
    const { files, path } = o;
    const bytes = await readWhole(files, path, JOURNAL_BYTES_MAX);
    const head = decodeHead(bytes);
    if (!head) throw damaged(path, 0);
    const records: Uint8Array[] = [];
    let lengthBytes = head.endBytes;
    let lastNumber = 0;
    for (let frame = decodeFrame(bytes, lengthBytes); frame; frame = decodeFrame(bytes, lengthBytes)) {
      const isNext = lastNumber === 0 || frame.number === lastNumber + 1;
      if (!isNext) throw damaged(path, lengthBytes);
      records.push(...frame.records);
      lastNumber = frame.number;
      lengthBytes = frame.endBytes;
    }
    if (hasFrameAfter(bytes, lengthBytes)) throw damaged(path, lengthBytes);
    const tornBytes = bytes.length - lengthBytes;
    const handle = await files.open(path, { access: 'write' });
    if (tornBytes > 0) {
      await handle.truncate(lengthBytes);
      await handle.fsync();
    }
    const journal = new Journal(o, handle, { lengthBytes, lastNumber });
    return { journal, content: { facts: head.facts, records, tornBytes } };
  }

  /** Number of the last durable frame. */
  get lastNumber(): number {
    return this.#appender.lastNumber;
  }

  /** Length of the durable part. */
  get lengthBytes(): number {
    return this.#appender.lengthBytes;
  }

  /**
   * Appends records; resolves when they are durable, all of them or none. `onDurable` runs at that moment, before anything else is written.
   *
   * @throws KmsError STORE_UNWRITABLE; then nothing was kept of them, nor of what was appended after them
   */
  async append(records: readonly Uint8Array[], onDurable: () => void): Promise<void> {
    const era = this.#era;
    while (this.#rewriting) await this.#rewriting;
    if (era !== this.#era) throw unwritable(null, 'Try again: a write before this one failed.');
    await this.#appender.append(encodeRecords(records), onDurable);
    this.#tellMoved();
  }

  async settledEnd(signal: AbortSignal): Promise<JournalEnd | null> {
    while (this.#rewriting || this.#hidden > 0) {
      if (signal.aborted) return null;
      await this.moved(signal);
    }
    return { generation: this.#generation, lengthBytes: this.lengthBytes, lastNumber: this.lastNumber };
  }

  async readDurable(generation: number, buffer: Uint8Array, offsetBytes: number): Promise<boolean> {
    if (this.#rewriting || generation !== this.#generation) return false;
    const reading = this.#handle.pread(buffer, offsetBytes);
    this.#reading.add(reading);
    try {
      return (await reading) === buffer.length;
    } finally {
      this.#reading.delete(reading);
    }
  }

  moved(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const settle = () => {
        this.#waiting.delete(settle);
        signal.removeEventListener('abort', settle);
        resolve();
      };
      this.#waiting.add(settle);
      signal.addEventListener('abort', settle, { once: true });
    });
  }

  /** Does something in several steps of which those who copy the journal see only the end. */
  async hiddenFromCopies<T>(work: () => Promise<T>): Promise<T> {
    this.#hidden += 1;
    try {
      return await work();
    } finally {
      this.#hidden -= 1;
      this.#tellMoved();
    }
  }

  /**
   * Puts a whole journal that another store wrote in this one's place.
   *
   * @param bytes from its head to the end of its last frame
   * @throws KmsError STORE_UNWRITABLE; the old journal stands then
   */
  replace(bytes: Uint8Array, lastNumber: number): Promise<void> {
    assert(!this.#rewriting && !this.#nextRewrite, 'a journal that is replaced is not rewritten too');
    return this.#putInPlace([bytes], lastNumber);
  }

  /**
   * Writes a new journal with these records only and puts it in the old one's place. Calls that come meanwhile share
   * the next one. After it, nothing that only the old journal held is in any file.
   *
   * @param snapshot asked when every append before it is durable
   * @throws KmsError STORE_UNWRITABLE; the old journal stands then
   */
  rewrite(facts: Uint8Array, snapshot: () => readonly Uint8Array[]): Promise<void> {
    this.#nextRewrite ??= Promise.resolve(this.#rewriting).then(() => {
      this.#nextRewrite = null;
      const work = this.#rewrite(facts, snapshot);
      const settled = () => {
        this.#rewriting = null;
        this.#tellMoved();
      };
      this.#rewriting = work.then(settled, settled);
      return work;
    });
    return this.#nextRewrite;
  }

  /** Waits for what is under way and closes the file. */
  async close(): Promise<void> {
    while (this.#rewriting) await this.#rewriting;
    await this.#appender.quiet();
    await this.#handle.close();
  }

  async #rewrite(facts: Uint8Array, snapshot: () => readonly Uint8Array[]): Promise<void> {
    await this.#appender.quiet();
    const lastNumber = this.lastNumber + 1;
    await this.#putInPlace([encodeHead(facts), encodeFrame(lastNumber, [encodeRecords(snapshot())])], lastNumber);
  }

  async #putInPlace(parts: readonly Uint8Array[], lastNumber: number): Promise<void> {
    const { handle, lengthBytes } = await publish(this.#files, this.#path, parts).catch((error: unknown) => {
      throw unwritable(error, 'Make room or mend the disk, then try again.');
    });
    const old = this.#handle;
    this.#handle = handle;
    this.#appender = this.#appenderOf(handle, { lengthBytes, lastNumber });
    await Promise.allSettled(this.#reading);
    await old.close();
    await this.#files.fsyncFolder(folderOf(this.#path)).catch((error: unknown) => {
      this.#appender.giveUp();
      // Nobody copies what the next start may not find.
      this.#hidden += 1;
      throw unwritable(error, 'Mend the disk and restart the key server.');
    });
    this.#generation += 1;
  }

  #tellMoved(): void {
    for (const settle of [...this.#waiting]) settle();
  }

  #appenderOf(handle: FileHandle, at: Place): DurableAppender {
    const join = (parts: readonly Uint8Array[], number: number) => encodeFrame(number, parts);
    const onRefused = () => {
      this.#era += 1;
      this.#onRefused();
    };
    return new DurableAppender(handle, { ...at, join, onRefused });
  }
}

/** Where an appender goes on. */
interface Place {
  readonly lengthBytes: number;
  readonly lastNumber: number;
}

/** Writes a file beside its place, makes its content durable and renames it there. */
async function publish(
  files: FileSystem,
  path: string,
  parts: readonly Uint8Array[],
): Promise<{ handle: FileHandle; lengthBytes: number }> {
  const beside = `${path}.new`;
  if (await exists(files, beside)) await files.unlink(beside);
  const handle = await files.open(beside, { access: 'write', create: 'exclusive' });
  let lengthBytes = 0;
  try {
    for (const part of parts) {
      await handle.pwrite(part, lengthBytes);
      lengthBytes += part.length;
    }
    await handle.fsync();
    await files.rename(beside, path);
  } catch (error) {
    await handle.close();
    await files.unlink(beside).catch(() => {});
    throw error;
  }
  return { handle, lengthBytes };
}

function damaged(path: string, offsetBytes: number): KmsError {
  return new KmsError(
    'STORE_DAMAGED',
    `${path} is damaged at byte ${offsetBytes}, before its end: keys that were answered cannot be read.`,
    'Keep a copy of it, and restore the folder from a backup.',
  );
}
