import { type Appended, AppendLane, type Write } from '@vcryptsim/durable-log';
import { type Clock, type FileHandle, type FileSystem, joinBytes } from '@vcryptsim/ports';
import { withKmsErrors } from '../store/log-error.js';
import { KmsError } from '../terms/errors.js';
import { type AuditEntry, CHAIN_START, type ChainPoint, makeLine, type ReadLine, readLine } from './audit-line.js';
import { auditLines } from './audit-lines.js';
import type { AuditSeal, AuditWriter } from './audit-seal.js';

/** No line is longer: a batch has at most 128 items, and an identifier at most a few hundred characters. */
const LINE_BYTES_MAX = 1024 * 1024;

const encoder = new TextEncoder();

/** The last line of a log that somebody with the root key wrote. */
export interface Vouched {
  readonly n: number;
  readonly writer: AuditWriter;
  readonly entry: AuditEntry;
}

/** What opening a log found. */
export interface OpenedAudit {
  readonly log: AuditLog;
  /** Number of the store's last write that the log knows of, 0 if none. */
  readonly stored: number;
  /** Null when there is no marked line, or no seal to check one. */
  readonly vouched: Vouched | null;
}

/** The hash-chained log of everything that was answered. A line is durable before its answer leaves. */
export class AuditLog {
  readonly #clock: Clock;
  readonly #lane: AppendLane<AuditedLine>;
  readonly #seal: AuditSeal | undefined;
  /** The last durable line, and the last that is on its way. */
  #durable: ChainPoint;
  #newest: ChainPoint;

  private constructor(handle: FileHandle, clock: Clock, lengthBytes: number, point: ChainPoint, seal?: AuditSeal) {
    this.#clock = clock;
    this.#seal = seal;
    this.#durable = point;
    this.#newest = point;
    const onRefused = () => {
      this.#newest = this.#durable;
    };
    this.#lane = new AppendLane(handle, { lengthBytes, lastNumber: 0 }, { join, onRefused });
  }

  /**
   * Opens the log and cuts off a last line that a cut left unfinished: no answer had left for it.
   *
   * @param o.seal marks the lines that are written, and tells who marked those that are there
   * @throws KmsError AUDIT_DAMAGED when the last whole line was changed, or one of the last does not follow the one
   *   before, or the last mark is nobody's; FileError
   */
  static async open(o: {
    readonly files: FileSystem;
    readonly path: string;
    readonly clock: Clock;
    readonly seal?: AuditSeal;
  }): Promise<OpenedAudit> {
    const handle = await o.files.open(o.path, { access: 'write', create: 'if-missing' });
    try {
      const { lengthBytes, lines, isAll } = await readTail(handle);
      if ((await handle.sizeBytes()) > lengthBytes) await handle.truncate(lengthBytes);
      await handle.fsync();
      const read = lines.map(readLine);
      const last = read.at(-1);
      if (last === null) throw damaged(o.path);
      const before = (place: number) => (place > 0 ? read[place - 1]?.point : isAll ? CHAIN_START : undefined);
      const isBroken = read.some((line, place) => (place > 0 || isAll) && !follows(line, before(place)));
      if (isBroken) throw damaged(o.path);
      const stored = read.reduce((most, line) => Math.max(most, storedOf(line?.entry)), 0);
      const vouched = o.seal?.isInUse() ? await lastVouched(read, o.seal, o) : null;
      const log = new AuditLog(handle, o.clock, lengthBytes, last?.point ?? CHAIN_START, o.seal);
      return { log, stored, vouched };
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
    const seal = this.#seal;
    const markOf = seal?.isInUse() ? (content: string) => seal.markOf(content) : undefined;
    const { line, point } = makeLine(this.#newest, this.#clock.nowMs, entry, markOf);
    this.#newest = point;
    const bytes = encoder.encode(`${line}\n`);
    const onDurable = () => {
      this.#durable = point;
    };
    return withKmsErrors(this.#lane.append({ bytes, sizeBytes: bytes.length, onDurable }));
  }

  /** Waits for what is under way and closes the file. */
  async close(): Promise<void> {
    await this.#lane.close();
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

/** Says whether a line follows the line before it; an unreadable one follows nothing. */
function follows(line: ReadLine | null, before: ChainPoint | undefined): boolean {
  return Boolean(line && before && line.prev === before.hash && line.point.n === before.n + 1);
}

/** The last marked line: near the end of the log as a rule, else anywhere. Throws KmsError AUDIT_DAMAGED; FileError. */
async function lastVouched(
  tail: readonly (ReadLine | null)[],
  seal: AuditSeal,
  { files, path }: { readonly files: FileSystem; readonly path: string },
): Promise<Vouched | null> {
  let last = tail.findLast((line) => line?.marked);
  if (!last && tail[0] && tail[0].point.n > 1) {
    for await (const line of auditLines(files, path)) {
      const read = readLine(line);
      if (read?.marked) last = read;
    }
  }
  if (!last?.marked) return null;
  const writer = seal.writerOf(last.marked.content, last.marked.mark);
  if (!writer) throw damaged(path);
  return { n: last.point.n, writer, entry: last.entry };
}

function storedOf(entry: AuditEntry | undefined): number {
  return entry && 'stored' in entry ? entry.stored : 0;
}

/** The whole lines near the end of the file, and where the last of them ends. */
async function readTail(handle: FileHandle): Promise<{ lengthBytes: number; lines: string[]; isAll: boolean }> {
  const sizeBytes = await handle.sizeBytes();
  const fromBytes = Math.max(0, sizeBytes - 2 * LINE_BYTES_MAX);
  const bytes = new Uint8Array(sizeBytes - fromBytes);
  await handle.pread(bytes, fromBytes);
  const endBytes = bytes.lastIndexOf(0x0a) + 1;
  const lines = new TextDecoder().decode(bytes.subarray(0, endBytes)).split('\n').slice(0, -1);
  // The first of a window that does not begin at the file's start is cut in two.
  const isAll = fromBytes === 0;
  return { lengthBytes: fromBytes + endBytes, lines: isAll ? lines : lines.slice(1), isAll };
}

function damaged(path: string): KmsError {
  return new KmsError(
    'AUDIT_DAMAGED',
    `The end of ${path} was changed.`,
    'Keep a copy of it, and restore the folder from a backup, or move the file away and start once with --new-audit.',
  );
}
