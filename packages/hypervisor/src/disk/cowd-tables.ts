import { SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import { fileDamaged, notSupported } from '../api/faults.js';
import { COWD_GT_ENTRY_COUNT, COWD_SECTOR_LIMIT, type CowdHeader, formatCowdHeader } from '../formats/cowd-header.js';
import type { ExtentFile } from './extent-file.js';
import { Lane } from './lane.js';

const ENTRY_SIZE_BYTES = 4;
const ENTRIES_PER_SECTOR = SECTOR_SIZE_BYTES / ENTRY_SIZE_BYTES;
const GT_SIZE_SECTORS = (COWD_GT_ENTRY_COUNT * ENTRY_SIZE_BYTES) / SECTOR_SIZE_BYTES;

/** A grain table. */
interface GrainTable {
  /** Its place in the file; 0 until it has one. */
  sector: number;
  /** Whether the grain directory has it, durably. */
  isLinked: boolean;
  /** As it is in the file, or is being written there. */
  readonly entries: Uint32Array;
  /** What is known and not yet durable: written at the next flush. */
  readonly noted: Map<number, number>;
}

/**
 * Where the sectors of a disk lie in a COWD file, and the order in which that becomes durable: first the grains and the new
 * grain tables, then what points to them. So an entry never points to what a cut can take away. Between two flushes new
 * entries are held here; a cut before the flush leaves the sectors as they were, which is what a guest that has not
 * flushed must expect. A table is written by whole sectors in which only entries that were 0 change; that a sector of 512
 * bytes is written whole or not at all is what the format itself relies on.
 */
export class CowdTables {
  readonly #file: ExtentFile;
  readonly #header: CowdHeader;
  readonly #directory: Uint32Array;
  readonly #tables = new Map<number, Promise<GrainTable>>();
  /** Tables that have entries to be made durable. */
  readonly #changed = new Map<number, GrainTable>();
  readonly #flushes = new Lane();
  #freeSector: number;

  private constructor(file: ExtentFile, header: CowdHeader, directory: Uint32Array, freeSector: number) {
    this.#file = file;
    this.#header = header;
    this.#directory = directory;
    this.#freeSector = freeSector;
  }

  /** @throws HypervisorError FILE_DAMAGED */
  static async open(file: ExtentFile, header: CowdHeader): Promise<CowdTables> {
    const directory = await readEntries(file, header.gdOffset, header.gdEntryCount);
    const fileSectors = Math.ceil((await file.sizeBytes()) / SECTOR_SIZE_BYTES);
    for (const sector of directory) {
      if (sector !== 0 && sector + GT_SIZE_SECTORS > fileSectors) {
        throw fileDamaged(file.shown, `its grain directory points to sector ${sector}, and it has ${fileSectors}`);
      }
    }
    return new CowdTables(file, header, directory, fileSectors);
  }

  /** Whether there are entries that are not durable. */
  get isChanged(): boolean {
    return this.#changed.size > 0;
  }

  /** The sector of the file for each of the disk's, 0 for one that is not here. */
  async lookUp(firstSector: number, count: number): Promise<Uint32Array> {
    const places = new Uint32Array(count);
    for (const { gdIndex, index, at, length } of partsOf(firstSector, count)) {
      if (this.#directory[gdIndex] === 0 && !this.#tables.has(gdIndex)) continue;
      const { entries, noted } = await this.#table(gdIndex);
      places.set(entries.subarray(index, index + length), at);
      if (noted.size === 0) continue;
      for (let entry = 0; entry < length; entry++) {
        const sector = noted.get(index + entry);
        if (sector !== undefined) places[at + entry] = sector;
      }
    }
    return places;
  }

  /**
   * Takes sectors at the end of the file.
   *
   * @throws HypervisorError NOT_SUPPORTED when sector numbers run out
   */
  allocate(count: number): number {
    const sector = this.#freeSector;
    if (sector + count > COWD_SECTOR_LIMIT) {
      throw notSupported('extent', `${this.#file.shown}: a delta extent of 2 TB or more is not possible.`);
    }
    this.#freeSector += count;
    return sector;
  }

  /** Gives back sectors that were taken and not used, where nobody took others after them. */
  giveBack(sector: number, count: number): void {
    if (sector + count === this.#freeSector) this.#freeSector = sector;
  }

  /** Notes where sectors of the disk lie that were written and are not durable yet. */
  async note(firstSector: number, count: number, fileSector: number): Promise<void> {
    for (const { gdIndex, index, at, length } of partsOf(firstSector, count)) {
      const table = await this.#table(gdIndex);
      for (let entry = 0; entry < length; entry++) table.noted.set(index + entry, fileSector + at + entry);
      this.#changed.set(gdIndex, table);
    }
  }

  /** Makes all durable that was written and noted before: one flush where nothing new was noted, else two. */
  flush(): Promise<void> {
    return this.#flushes.run(() => this.#flush());
  }

  async #flush(): Promise<void> {
    const batches = [...this.#changed].map(([gdIndex, table]) => ({ gdIndex, table, noted: [...table.noted] }));
    for (const { table } of batches) if (!table.isLinked) await this.#place(table);
    await this.#file.flush();
    if (batches.length === 0) return;
    for (const batch of batches) await this.#writeEntries(batch);
    await this.#link(batches.filter(({ table }) => !table.isLinked));
    const header = formatCowdHeader({ ...this.#header, freeSector: this.#freeSector });
    await this.#file.write(header.subarray(0, SECTOR_SIZE_BYTES), 0);
    await this.#file.flush();
    for (const { gdIndex, table, noted } of batches) {
      table.isLinked = true;
      for (const [index] of noted) table.noted.delete(index);
      if (table.noted.size === 0) this.#changed.delete(gdIndex);
    }
  }

  /** Gives a new table its place, and zeros there: so it may be linked before its entries are written. */
  async #place(table: GrainTable): Promise<void> {
    if (table.sector === 0) table.sector = this.allocate(GT_SIZE_SECTORS);
    await this.#file.write(new Uint8Array(GT_SIZE_SECTORS * SECTOR_SIZE_BYTES), table.sector * SECTOR_SIZE_BYTES);
  }

  async #writeEntries({ table, noted }: Batch): Promise<void> {
    for (const [index, sector] of noted) table.entries[index] = sector;
    const indexes = noted.map(([index]) => index);
    await this.#writeSectors(table.entries, indexes, table.sector);
  }

  async #link(batches: readonly Batch[]): Promise<void> {
    for (const { gdIndex, table } of batches) this.#directory[gdIndex] = table.sector;
    const indexes = batches.map(({ gdIndex }) => gdIndex);
    await this.#writeSectors(this.#directory, indexes, this.#header.gdOffset);
  }

  /** Writes the sectors of a table in which those entries lie; those side by side at once. */
  async #writeSectors(entries: Uint32Array, indexes: readonly number[], tableSector: number): Promise<void> {
    const sectors = [...new Set(indexes.map((index) => Math.floor(index / ENTRIES_PER_SECTOR)))].sort((a, b) => a - b);
    for (let first = 0; first < sectors.length; ) {
      let end = first + 1;
      while (end < sectors.length && sectors[end] === (sectors[end - 1] ?? 0) + 1) end += 1;
      const sector = sectors[first] ?? 0;
      const start = sector * ENTRIES_PER_SECTOR;
      const bytes = bytesOf(entries.subarray(start, start + (end - first) * ENTRIES_PER_SECTOR));
      await this.#file.write(bytes, (tableSector + sector) * SECTOR_SIZE_BYTES);
      first = end;
    }
  }

  #table(gdIndex: number): Promise<GrainTable> {
    const open = this.#tables.get(gdIndex);
    if (open !== undefined) return open;
    const table = this.#readTable(gdIndex);
    this.#tables.set(gdIndex, table);
    table.catch(() => this.#tables.delete(gdIndex));
    return table;
  }

  async #readTable(gdIndex: number): Promise<GrainTable> {
    const sector = this.#directory[gdIndex] ?? 0;
    if (sector === 0)
      return { sector, isLinked: false, entries: new Uint32Array(COWD_GT_ENTRY_COUNT), noted: new Map() };
    const entries = await readEntries(this.#file, sector, COWD_GT_ENTRY_COUNT);
    const behind = entries.find((entry) => entry >= this.#freeSector);
    if (behind !== undefined) {
      throw fileDamaged(this.#file.shown, `a grain table points to sector ${behind}, and it has ${this.#freeSector}`);
    }
    return { sector, isLinked: true, entries, noted: new Map() };
  }
}

/** Entries of one table that a flush makes durable. */
interface Batch {
  readonly gdIndex: number;
  readonly table: GrainTable;
  readonly noted: readonly (readonly [index: number, sector: number])[];
}

/** The parts of a range of the disk that single tables stand for. */
function* partsOf(
  firstSector: number,
  count: number,
): Generator<{ gdIndex: number; index: number; at: number; length: number }> {
  for (let at = 0; at < count; ) {
    const index = (firstSector + at) % COWD_GT_ENTRY_COUNT;
    const length = Math.min(COWD_GT_ENTRY_COUNT - index, count - at);
    yield { gdIndex: (firstSector + at - index) / COWD_GT_ENTRY_COUNT, index, at, length };
    at += length;
  }
}

async function readEntries(file: ExtentFile, sector: number, count: number): Promise<Uint32Array> {
  const bytes = new Uint8Array(count * ENTRY_SIZE_BYTES);
  await file.read(bytes, sector * SECTOR_SIZE_BYTES);
  const view = new DataView(bytes.buffer);
  return Uint32Array.from({ length: count }, (_, index) => view.getUint32(index * ENTRY_SIZE_BYTES, true));
}

/** Entries as the file has them, filled up with zeros to whole sectors. */
function bytesOf(entries: Uint32Array): Uint8Array {
  const sectors = Math.ceil(entries.length / ENTRIES_PER_SECTOR);
  const bytes = new Uint8Array(sectors * SECTOR_SIZE_BYTES);
  const view = new DataView(bytes.buffer);
  entries.forEach((entry, index) => {
    view.setUint32(index * ENTRY_SIZE_BYTES, entry, true);
  });
  return bytes;
}
