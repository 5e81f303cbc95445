import type { Clock, FileHandle, FileSystem } from '@vcryptsim/ports';
import { KmsError } from '../errors.js';
import { joinBytes } from '../store/bytes.js';
import { type Appended, DurableAppender, type Write } from '../store/durable-appender.js';
import { type AuditEntry, CHAIN_START, type ChainPoint, makeLine, readLine } from './audit-line.js';

/** No line is longer: a batch has at most 128 items, and an identifier at most a few hundred characters. */
const LINE_BYTES_MAX = 1024 * 1024;

/** The hash-chained log of everything that was answered. A line is durable before its answer leaves. */
export class AuditLog {
  readonly #handle: FileHandle;
  readonly #clock: Clock;
  readonly #appender: DurableAppender<AuditedLine>;
  /** The last durable line, and the last that is on its way. */
  #durable: ChainPoint;
  #newest: ChainPoint;

  private constructor(handle: FileHandle, clock: Clock, lengthBytes: number, point: ChainPoint) {
    this.#handle = handle;
    this.#clock = clock;
    this.#durable = point;
    this.#newest = point;
    const onRefused = () => {
      this.#newest = this.#durable;
    };
    this.#appender = new DurableAppender(handle, { lengthBytes, lastNumber: 0 }, { join, onRefused });
  }

  /**
   * Opens the log and cuts off a last line that a cut left unfinished: no answer had left for it.
   *
   * @returns also the number of the store's last write that the log knows of, 0 if none
   * @throws KmsError AUDIT_DAMAGED when the last whole line was changed; FileError
   */
  static async open(o: {
    readonly files: FileSystem;
    readonly path: string;
    readonly clock: Clock;
  }): Promise<{ log: AuditLog; stored: number }> {
    const handle = await o.files.open(o.path, { access: 'write', create: 'if-missing' });
    try {
      const { lengthBytes, lines } = await readTail(handle);
      if ((await handle.sizeBytes()) > lengthBytes) await handle.truncate(lengthBytes);
      await handle.fsync();
      const last = lines.at(-1);
      const read = last === undefined ? null : readLine(last);
      if (last !== undefined && !read) throw damaged(o.path);
      const stored = lines.reduce((most, line) => Math.max(most, storedOf(readLine(line)?.entry)), 0);
      return { log: new AuditLog(handle, o.clock, lengthBytes, read?.point ?? CHAIN_START), stored };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Where the durable chain stands; whoever notes the hash elsewhere notices later that its end was cut off. */
  get head(): ChainPoint {
    return this.#durable;
  }

  /**
   * Writes a line; resolves when it is durable.
   *
   * @throws KmsError STORE_UNWRITABLE; then no answer may leave
   */
  append(entry: AuditEntry): Promise<void> {
    const { line, point } = makeLine(this.#newest, this.#clock.nowMs, entry);
    this.#newest = point;
    const bytes = new TextEncoder().encode(`${line}\n`);
    const onDurable = () => {
      this.#durable = point;
    };
    return this.#appender.append({ bytes, sizeBytes: bytes.length, onDurable });
  }

  /** Waits for what is under way and closes the file. */
  async close(): Promise<void> {
    await this.#appender.quiet();
    await this.#handle.close();
  }
}

interface AuditedLine extends Appended {
  readonly bytes: Uint8Array;
  readonly onDurable: () => void;
}

function join(lines: readonly AuditedLine[]): Write {
  const landed = () => {
    for (const { onDurable } of lines) onDurable();
  };
  return { bytes: joinBytes(lines.map(({ bytes }) => bytes)), landed };
}

function storedOf(entry: AuditEntry | undefined): number {
  return entry && 'stored' in entry ? entry.stored : 0;
}

/** The whole lines near the end of the file, and where the last of them ends. */
async function readTail(handle: FileHandle): Promise<{ lengthBytes: number; lines: string[] }> {
  const sizeBytes = await handle.sizeBytes();
  const fromBytes = Math.max(0, sizeBytes - 2 * LINE_BYTES_MAX);
  const bytes = new Uint8Array(sizeBytes - fromBytes);
  await handle.pread(bytes, fromBytes);
  const endBytes = bytes.lastIndexOf(0x0a) + 1;
  const lines = new TextDecoder().decode(bytes.subarray(0, endBytes)).split('\n').slice(0, -1);
  // The first of a window that does not begin at the file's start is cut in two.
  return { lengthBytes: fromBytes + endBytes, lines: fromBytes === 0 ? lines : lines.slice(1) };
}

function damaged(path: string): KmsError {
  return new KmsError(
    'AUDIT_DAMAGED',
    `The last line of ${path} was changed.`,
    'Keep a copy of it, and restore the folder from a backup or move the file away to begin a new chain.',
  );
}
