import { exists, type FileHandle, type FileSystem, folderOf, readWhole } from '@vcryptsim/ports';
import { KmsError } from '../errors.js';
import { DurableAppender, unwritable } from './durable-appender.js';
import { decodeFrame, decodeHead, encodeFrame, encodeHead, encodeRecords, hasFrameAfter } from './journal-format.js';

const JOURNAL_BYTES_MAX = 1024 ** 3;

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

/**
 * An append-only file of records with compaction by rewriting; the format is told in journal-format.ts. Knows nothing
 * of what a record means. After a cut at any moment either the old or the new journal stands in its place.
 */
export class Journal {
  readonly #files: FileSystem;
  readonly #path: string;
  #handle: FileHandle;
  readonly #onRefused: () => void;
  #appender: DurableAppender;
  /** Counts failed writes: what was begun before one rests on what it lost. */
  #era = 0;
  #rewriting: Promise<void> | null = null;
  #nextRewrite: Promise<void> | null = null;

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
    const parts = [encodeHead(facts), encodeFrame(lastNumber, [encodeRecords(snapshot())])];
    const { handle, lengthBytes } = await publish(this.#files, this.#path, parts).catch((error: unknown) => {
      throw unwritable(error, 'Make room or mend the disk, then try again.');
    });
    const old = this.#handle;
    this.#handle = handle;
    this.#appender = this.#appenderOf(handle, { lengthBytes, lastNumber });
    await old.close();
    await this.#files.fsyncFolder(folderOf(this.#path)).catch((error: unknown) => {
      this.#appender.giveUp();
      throw unwritable(error, 'Mend the disk and restart the key server.');
    });
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
