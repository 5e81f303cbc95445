import { LabError } from '@vcryptsim/lab';
import { exists, type FileHandle, type FileSystem, readWhole } from '@vcryptsim/ports';
import type { StepEntry } from './order-words.js';

/*
 * `orders.jsonl` in a lab's folder: what was ordered, a line of JSON each, durable before the order begins and again
 * before it is answered. The scenario that repeats it (replay-file.ts) is made from these lines.
 *
 *   {"order":1,"atMs":N,"step":{"vm.create":"payroll","as":"alice"}}   it begins
 *   {"ended":1,"atMs":N,"outcome":"done","fault":null}                 it is over
 *   {"boot":2,"atMs":N}                                                the lab was started again
 *   {"cut":3,"isThere":false}                                          the lab ended during that order; isThere: the VM
 *                                                                      that it was to make is there
 */
const BYTES_MAX = 256 * 1024 * 1024;

/** One line of the file. */
export type JournalLine =
  | { readonly order: number; readonly atMs: number; readonly step: StepEntry }
  | { readonly ended: number; readonly atMs: number; readonly outcome: string; readonly fault: string | null }
  | { readonly boot: number; readonly atMs: number }
  | { readonly cut: number; readonly isThere: boolean };

/** The orders of a lab, one durable line after the other. */
export class OrderJournal {
  readonly #handle: FileHandle;
  #endBytes: number;

  private constructor(handle: FileHandle, endBytes: number) {
    this.#handle = handle;
    this.#endBytes = endBytes;
  }

  /**
   * Opens the file, which is made where it is missing, and reads what it has. A last line that a cut left without its end
   * is taken away: that order was not begun, or not answered.
   *
   * @throws LabError LAB_DAMAGED for a whole line that cannot be read; FileError
   */
  static async open(
    files: FileSystem,
    path: string,
  ): Promise<{ journal: OrderJournal; lines: readonly JournalLine[] }> {
    const bytes = (await exists(files, path)) ? await readWhole(files, path, BYTES_MAX) : new Uint8Array(0);
    const lines: JournalLine[] = [];
    let endBytes = 0;
    for (const text of wholeLines(bytes)) {
      lines.push(read(text, `${path}:${lines.length + 1}`));
      endBytes += new TextEncoder().encode(text).length + 1;
    }
    const handle = await files.open(path, { access: 'write', create: 'if-missing' });
    await handle.truncate(endBytes);
    return { journal: new OrderJournal(handle, endBytes), lines };
  }

  /** Adds a line, and resolves when it is durable. @throws FileError */
  async add(line: JournalLine): Promise<void> {
    const bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
    await this.#handle.pwrite(bytes, this.#endBytes);
    this.#endBytes += bytes.length;
    await this.#handle.fsync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

function wholeLines(bytes: Uint8Array): string[] {
  return new TextDecoder().decode(bytes).split('\n').slice(0, -1);
}

function read(text: string, place: string): JournalLine {
  try {
    return JSON.parse(text) as JournalLine;
  } catch {
    throw new LabError('LAB_DAMAGED', `${place} cannot be read. Restore the file, or take a new folder for a new lab.`);
  }
}
