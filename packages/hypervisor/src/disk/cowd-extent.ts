import { SECTOR_SIZE_BYTES, type SectorCount } from '@vcryptsim/ports';
import { fileDamaged, notSupported } from '../api/faults.js';
import type { VmFolder } from '../datastore/vm-folder.js';
import {
  COWD_HEADER_SIZE_BYTES,
  COWD_SECTOR_LIMIT,
  formatCowdHeader,
  newCowdHeader,
  parseCowdHeader,
} from '../formats/cowd-header.js';
import { CowdTables } from './cowd-tables.js';
import type { Extent } from './extent.js';
import { ExtentFile } from './extent-file.js';
import type { ByteRange } from './range-waits.js';

/** Sectors side by side on the disk that are also side by side in the file, or all not there. */
interface Run {
  /** Place in the request, in sectors. */
  readonly at: number;
  readonly count: number;
  /** First sector in the file, 0 for "not there". */
  readonly fileSector: number;
}

/**
 * A `-delta.vmdk` of a snapshot: createType `vmfsSparse`, VMware's COWD (drawn in formats/cowd-header.ts). It has the
 * sectors that were written since, each a grain of its own, in the order of writing; the others are the parent's. A sector
 * that is there is written over in its place. Sectors of zeros are stored as such: the format has no other way to hide what
 * the parent has.
 */
export class CowdExtent implements Extent {
  readonly capacity: SectorCount;
  readonly #file: ExtentFile;
  readonly #tables: CowdTables;

  private constructor(file: ExtentFile, tables: CowdTables, capacity: SectorCount) {
    this.capacity = capacity;
    this.#file = file;
    this.#tables = tables;
  }

  /**
   * Makes a file in which nothing is, and makes it durable; the folder's entry is not yet.
   *
   * @throws HypervisorError ALREADY_EXISTS, NO_SPACE, DATASTORE_NOT_WRITABLE, NOT_SUPPORTED (a disk of 2 TB or more)
   */
  static async create(folder: VmFolder, fileName: string, capacity: SectorCount): Promise<void> {
    if (capacity >= COWD_SECTOR_LIMIT) {
      throw notSupported(
        'capacity',
        `${folder.shown(fileName)}: a disk of 2 TB or more takes snapshots in the format seSparse, which is not served. Use a smaller disk.`,
      );
    }
    const header = newCowdHeader(capacity);
    const bytes = new Uint8Array(header.freeSector * SECTOR_SIZE_BYTES);
    bytes.set(formatCowdHeader(header));
    await folder.writeNew(fileName, bytes);
  }

  /**
   * Opens a file that is there.
   *
   * @param capacity of the disk, as its descriptor has it
   * @throws HypervisorError FILE_DAMAGED (missing, cut short, another capacity, entries that point outside), NOT_SUPPORTED
   */
  static async open(
    folder: VmFolder,
    fileName: string,
    capacity: SectorCount,
    access: 'read' | 'write',
  ): Promise<CowdExtent> {
    const shown = folder.shown(fileName);
    if (!(await folder.has(fileName))) throw fileDamaged(shown, 'the delta extent is missing');
    const file = new ExtentFile(await folder.openFile(fileName, access), shown);
    try {
      const bytes = new Uint8Array(COWD_HEADER_SIZE_BYTES);
      await file.read(bytes, 0);
      const header = parseCowdHeader(bytes, shown);
      if (header.capacity !== capacity) {
        throw fileDamaged(shown, `it is for a disk of ${header.capacity} sectors, and the descriptor says ${capacity}`);
      }
      return new CowdExtent(file, await CowdTables.open(file, header, access), capacity);
    } catch (error) {
      await file.close().catch(() => {});
      throw error;
    }
  }

  async read(buffer: Uint8Array, offsetBytes: number): Promise<void> {
    for (const { at, count, fileSector } of await this.#runs(offsetBytes, buffer.length)) {
      const part = sectorsOf(buffer, at, count);
      if (fileSector === 0) part.fill(0);
      else await this.#file.read(part, fileSector * SECTOR_SIZE_BYTES);
    }
  }

  async write(bytes: Uint8Array, offsetBytes: number): Promise<void> {
    for (const { at, count, fileSector } of await this.#runs(offsetBytes, bytes.length)) {
      const part = sectorsOf(bytes, at, count);
      if (fileSector === 0) await this.#append(part, offsetBytes / SECTOR_SIZE_BYTES + at, count);
      else await this.#file.write(part, fileSector * SECTOR_SIZE_BYTES);
    }
  }

  async allocatedRanges(offsetBytes: number, lengthBytes: number): Promise<readonly ByteRange[]> {
    const ranges: ByteRange[] = [];
    for (const { at, count, fileSector } of await this.#runs(offsetBytes, lengthBytes)) {
      if (fileSector === 0) continue;
      const startBytes = offsetBytes + at * SECTOR_SIZE_BYTES;
      const endBytes = startBytes + count * SECTOR_SIZE_BYTES;
      const last = ranges.at(-1);
      if (last?.endBytes === startBytes) ranges[ranges.length - 1] = { startBytes: last.startBytes, endBytes };
      else ranges.push({ startBytes, endBytes });
    }
    return ranges;
  }

  async writeZeroes(offsetBytes: number, lengthBytes: number): Promise<void> {
    const zeros = new Uint8Array(Math.min(ZEROS_SIZE_BYTES, lengthBytes));
    for (let done = 0; done < lengthBytes; done += zeros.length) {
      await this.write(zeros.subarray(0, Math.min(zeros.length, lengthBytes - done)), offsetBytes + done);
    }
  }

  discard(offsetBytes: number, lengthBytes: number): Promise<void> {
    return this.writeZeroes(offsetBytes, lengthBytes);
  }

  flush(): Promise<void> {
    return this.#tables.flush();
  }

  /** Writes what was not flushed, so that the file has all that was written, and closes it. */
  async close(): Promise<void> {
    try {
      if (this.#tables.isChanged) await this.#tables.flush();
    } finally {
      await this.#file.close();
    }
  }

  /** Writes sectors that are not there yet: at the end of the file, and then they are known. */
  async #append(bytes: Uint8Array, firstSector: number, count: number): Promise<void> {
    const fileSector = this.#tables.allocate(count);
    try {
      await this.#file.write(bytes, fileSector * SECTOR_SIZE_BYTES);
    } catch (error) {
      this.#tables.giveBack(fileSector, count);
      throw error;
    }
    await this.#tables.note(firstSector, count, fileSector);
  }

  async #runs(offsetBytes: number, lengthBytes: number): Promise<readonly Run[]> {
    const places = await this.#tables.lookUp(offsetBytes / SECTOR_SIZE_BYTES, lengthBytes / SECTOR_SIZE_BYTES);
    const runs: Run[] = [];
    for (let at = 0; at < places.length; ) {
      const fileSector = places[at] ?? 0;
      let count = 1;
      while (at + count < places.length && places[at + count] === (fileSector === 0 ? 0 : fileSector + count))
        count += 1;
      runs.push({ at, count, fileSector });
      at += count;
    }
    return runs;
  }
}

/** Zeros written at once. */
const ZEROS_SIZE_BYTES = 1024 * 1024;

function sectorsOf(bytes: Uint8Array, at: number, count: number): Uint8Array {
  return bytes.subarray(at * SECTOR_SIZE_BYTES, (at + count) * SECTOR_SIZE_BYTES);
}
