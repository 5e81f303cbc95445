import type { FileHandle } from '@vcryptsim/ports';
import { fileDamaged } from '../api/faults.js';

const SECTOR_BYTES = 512;
const ENTRY_BYTES = 4;
const PAGE_BYTES = 4096;
/** Pages of tables that are kept: 1 MiB, which covers 16 GiB of a disk with grains of 64 KiB. */
const PAGES_MAX = 256;

/** Where the tables of a sparse extent lie. */
export interface GrainTablesSpec {
  /** Sector of the grain directory. */
  readonly directoryOffset: number;
  /** Entries of each grain table. */
  readonly tableEntries: number;
}

/**
 * The two levels of tables of a sparse extent: an entry of the directory is the sector of a table, an entry of a table
 * the sector of a grain; 0 in either is "not there". Read page by page as they are asked for, in bounded memory: no
 * size that a file names is ever allocated.
 */
export class GrainTables {
  readonly #handle: FileHandle;
  readonly #sizeBytes: number;
  readonly #spec: GrainTablesSpec;
  readonly #file: string;
  readonly #pages = new Map<number, DataView>();

  /** @param file name for errors */
  constructor(handle: FileHandle, sizeBytes: number, spec: GrainTablesSpec, file: string) {
    this.#handle = handle;
    this.#sizeBytes = sizeBytes;
    this.#spec = spec;
    this.#file = file;
  }

  /**
   * The table entry of a grain: 0 where there is none.
   *
   * @throws HypervisorError FILE_DAMAGED for a table beyond the end of the file; FileError
   */
  async entryOf(grain: number): Promise<number> {
    const { directoryOffset, tableEntries } = this.#spec;
    const table = await this.#entryAt(directoryOffset, Math.floor(grain / tableEntries), 'the grain directory');
    return table === 0 ? 0 : this.#entryAt(table, grain % tableEntries, 'a grain table');
  }

  async #entryAt(sector: number, index: number, what: string): Promise<number> {
    const offsetBytes = sector * SECTOR_BYTES + index * ENTRY_BYTES;
    if (offsetBytes + ENTRY_BYTES > this.#sizeBytes) {
      throw fileDamaged(this.#file, `${what} lies beyond the end of the file, which may be cut short`);
    }
    const page = await this.#page(Math.floor(offsetBytes / PAGE_BYTES));
    const at = offsetBytes % PAGE_BYTES;
    if (at + ENTRY_BYTES > page.byteLength) throw fileDamaged(this.#file, `${what} could not be read whole`);
    return page.getUint32(at, true);
  }

  async #page(number: number): Promise<DataView> {
    const known = this.#pages.get(number);
    if (known !== undefined) {
      // To the end of the order: the page that was used last goes last.
      this.#pages.delete(number);
      this.#pages.set(number, known);
      return known;
    }
    const bytes = new Uint8Array(PAGE_BYTES);
    const count = await this.#handle.pread(bytes, number * PAGE_BYTES);
    const page = new DataView(bytes.buffer, 0, count);
    this.#pages.set(number, page);
    const [oldest] = this.#pages.keys();
    if (this.#pages.size > PAGES_MAX && oldest !== undefined) this.#pages.delete(oldest);
    return page;
  }
}
