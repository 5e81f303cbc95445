import { exists, FileError, type FileSystem, folderOf } from '@vcryptsim/ports';
import { type Appended, AppendLane, type Write } from './append-lane.js';
import type { ChainCheck } from './chain-check.js';
import { FileWindow } from './frame-reader.js';
import { LogError, unwritable } from './log-error.js';
import {
  decodeHead,
  encodeFrame,
  FORMAT,
  type FoundHead,
  FRAME_BYTES_MAX,
  frameBytes,
  HEAD_BYTES_MAX,
  recordsBytes,
} from './log-format.js';
import { dropUnpublished, publishFile, switchFile } from './publish-file.js';
import { cutTornTail, readChain } from './read-chain.js';
import { type Records, refuseTooLarge, type WrittenLog, writeLog } from './write-log.js';

/** How long things may be. */
export interface LogLimits {
  /** Longest record. */
  readonly recordBytesMax: number;
  /** Longest file. An owner whose state is smaller takes a snapshot and tries again. */
  readonly sizeBytesMax: number;
}

/** Limits of a log whose owner says nothing. */
export const LOG_LIMITS: LogLimits = { recordBytesMax: 16 * 1024 * 1024, sizeBytesMax: 4 * 1024 * 1024 * 1024 };

/** Which log, and how it is guarded. */
export interface DurableLogOptions {
  readonly files: FileSystem;
  /** In a folder that exists. */
  readonly path: string;
  /** Name and version of the owner's records, such as `vcenter database 1`: another owner's log is refused. */
  readonly format: string;
  readonly check: ChainCheck;
  readonly limits?: Partial<LogLimits>;
  /** Whether a log is made where there is no file; default true. Without it FileError NOT_FOUND. */
  readonly mayCreate?: boolean;
}

/** A log that was opened. */
export interface OpenedLog {
  readonly log: DurableLog;
  /** Bytes of a last change that a cut left unfinished; nobody was told that it was durable. */
  readonly tornBytes: number;
  readonly isNew: boolean;
}

interface Change extends Appended {
  readonly records: readonly Uint8Array[];
  readonly onDurable: () => void;
}

/**
 * The state of its owner as records in one append-only file (log-format.ts). A change appends its own records and no
 * more; changes that come while a write is under way share the next one (group commit). What was appended is durable
 * when its promise resolves: a start after a cut at any moment reads all of it, and of what was under way whole changes
 * only, in their order.
 *
 * The owner applies a change to its state in `onDurable`, so that its state is at every moment what the file says.
 * Now and then, when `recordCount` is well above the number of records that its state needs, it takes a `snapshot`.
 */
export class DurableLog {
  readonly #o: DurableLogOptions;
  readonly #limits: LogLimits;
  readonly #lane: AppendLane<Change>;
  #chain: Uint8Array;
  #recordCount: number;
  #nextSnapshot: Promise<void> | null = null;

  private constructor(o: DurableLogOptions, limits: LogLimits, at: WrittenLog) {
    this.#o = o;
    this.#limits = limits;
    this.#chain = at.chain;
    this.#recordCount = at.recordCount;
    this.#lane = new AppendLane(at.handle, at.end, {
      join: (changes, number) => this.#join(changes, number),
      onRefused: () => {},
    });
  }

  /**
   * Opens a log and reads it in bounded memory, or makes it. A last change that a cut left unfinished is cut off.
   *
   * @param replay is given each record in order; a view that the next one may change
   * @throws LogError LOG_FOREIGN when the file is not a log of this format; LOG_DAMAGED, LOG_DISORDERED when something
   *   before its end is not what was written, with `path` and `offsetBytes`: the file is left as it is; what `replay`
   *   throws; FileError
   */
  static async open(o: DurableLogOptions, replay: (record: Uint8Array) => void): Promise<OpenedLog> {
    const limits = { ...LOG_LIMITS, ...o.limits };
    const isThere = o.mayCreate === false || (await exists(o.files, o.path));
    if (isThere) return DurableLog.#read(o, limits, replay);
    const made = await publishLog(o, limits, 1, []);
    await o.files.fsyncFolder(folderOf(o.path));
    return { log: new DurableLog(o, limits, made), tornBytes: 0, isNew: true };
  }

  static async #read(
    o: DurableLogOptions,
    limits: LogLimits,
    replay: (record: Uint8Array) => void,
  ): Promise<OpenedLog> {
    const handle = await o.files.open(o.path, { access: 'write' });
    try {
      const source = new FileWindow(handle, await handle.sizeBytes());
      const { chain, firstNumber, frames, endBytes } = readHead(o, await source.view(0, HEAD_BYTES_MAX));
      let recordCount = 0;
      const found = await readChain({
        ...{ path: o.path, source, format: FORMAT, check: o.check, framesMin: frames },
        from: { end: { lengthBytes: endBytes, lastNumber: firstNumber - 1 }, chain },
        take: ({ frame }) => {
          for (const record of frame.records) replay(record);
          recordCount += frame.records.length;
        },
      });
      const tornBytes = await cutTornTail(handle, found.end);
      await dropUnpublished(o);
      return { log: new DurableLog(o, limits, { handle, ...found, recordCount }), tornBytes, isNew: false };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Length of the durable part. */
  get sizeBytes(): number {
    return this.#lane.end.lengthBytes;
  }

  /** Records in the durable part: those of the last snapshot, and those that were appended since. */
  get recordCount(): number {
    return this.#recordCount;
  }

  /**
   * Appends one record; resolves when it is durable.
   *
   * @param onDurable runs at the moment when it is, before anything else is written: here the owner's state changes
   * @throws LogError LOG_UNWRITABLE, LOG_FULL, RECORD_TOO_LARGE; then it is not kept, nor is what was appended after it
   *   and waits still, because that may rest on it, unless `onDurable` ran
   */
  append(record: Uint8Array, onDurable: () => void = () => {}): Promise<void> {
    return this.appendAll([record], onDurable);
  }

  /** Appends several records as one change: after a cut all of them are there, or none. As {@link append}. */
  async appendAll(records: readonly Uint8Array[], onDurable: () => void = () => {}): Promise<void> {
    const { path } = this.#o;
    const { recordBytesMax, sizeBytesMax } = this.#limits;
    for (const record of records) refuseTooLarge(record, { path, recordBytesMax });
    const sizeBytes = frameBytes(recordsBytes(records));
    if (sizeBytes > FRAME_BYTES_MAX) throw new LogError('RECORD_TOO_LARGE', { path, limitBytes: FRAME_BYTES_MAX });
    if (this.sizeBytes + this.#lane.waitingBytes + sizeBytes > sizeBytesMax) {
      throw new LogError('LOG_FULL', { path, limitBytes: sizeBytesMax });
    }
    await this.#lane.append({ records, sizeBytes, onDurable });
  }

  /**
   * Writes a new file that begins with these records in place of the one that is there, by rename. After it nothing that
   * only the old file held is in any file. Calls that come before it is begun share it.
   *
   * @param state asked when everything that was appended before is durable, and nothing else is written meanwhile: the
   *   records of the owner's whole state
   * @throws LogError LOG_UNWRITABLE, LOG_FULL, RECORD_TOO_LARGE; what `state` throws: the old file stays then
   */
  snapshot(state: () => Records): Promise<void> {
    if (this.#nextSnapshot) return this.#nextSnapshot;
    let isBegun = false;
    const make = () => {
      isBegun = true;
      this.#nextSnapshot = null;
      return publishLog(this.#o, this.#limits, this.#lane.end.lastNumber + 1, state());
    };
    const onMade = ({ chain, recordCount }: WrittenLog) => {
      this.#chain = chain;
      this.#recordCount = recordCount;
    };
    const taking = this.#lane.run(async () => {
      await switchFile(this.#lane, this.#o, { make, onMade }).catch((error: unknown) => {
        throw error instanceof FileError ? unwritable('write', error) : error;
      });
    });
    // In an empty lane it is under way already, and nobody may share it any more.
    if (!isBegun) this.#nextSnapshot = taking;
    return taking;
  }

  /** Waits for what is under way and closes the file. */
  close(): Promise<void> {
    return this.#lane.close();
  }

  #join(changes: readonly Change[], number: number): Write {
    const records = changes.flatMap((change) => change.records);
    const { bytes, chain } = encodeFrame(number, records, { check: this.#o.check, before: this.#chain });
    const landed = () => {
      this.#chain = chain;
      this.#recordCount += records.length;
      for (const { onDurable } of changes) onDurable();
    };
    return { bytes, landed };
  }
}

function publishLog(
  o: DurableLogOptions,
  limits: LogLimits,
  firstNumber: number,
  records: Records,
): Promise<WrittenLog> {
  return publishFile(o, (handle) => writeLog(handle, { ...o, ...limits, firstNumber }, records));
}

/** Throws LogError LOG_FOREIGN, LOG_DAMAGED, LOG_DISORDERED. */
function readHead({ path, format, check }: DurableLogOptions, bytes: Uint8Array): FoundHead {
  const head = decodeHead(bytes, check);
  if (head === 'foreign') throw new LogError('LOG_FOREIGN', { path, found: null });
  if (head === 'damaged') throw new LogError('LOG_DAMAGED', { path, offsetBytes: 0 });
  if (head.format !== format) throw new LogError('LOG_FOREIGN', { path, found: head.format });
  if (!head.isOurs) throw new LogError('LOG_DISORDERED', { path, offsetBytes: 0 });
  return head;
}
