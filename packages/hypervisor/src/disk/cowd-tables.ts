import { SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import { fileDamaged, notSupported } from '../api/faults.js';
import { COWD_GT_ENTRY_COUNT, COWD_SECTOR_LIMIT, type CowdHeader, formatCowdHeader } from '../formats/cowd-header.js';
import { CowdJournal, JOURNAL_SECTORS_MAX, type TableSector } from './cowd-journal.js';
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

/** What the tables are made of. */
interface Parts {
  readonly file: ExtentFile;
  readonly header: CowdHeader;
  readonly journal: CowdJournal | null;
  readonly torn: ReadonlyMap<number, Uint8Array>;
}

/**
 * Where the sectors of a disk lie in a COWD file, and the order in which that becomes durable: first the grains and the new
 * grain tables, then what points to them. So an entry never points to what a cut can take away. Between two flushes new
 * entries are held here; a cut before the flush leaves the sectors as they were, which is what a guest that has not
 * flushed must expect. Sectors of tables that are written over go through a journal, so that a cut inside one leaves no entry
 * that is neither; in a file of another program, which has no room for a journal, they are trusted to be written whole.
 */
export class CowdTables {
  readonly #file: ExtentFile;
  readonly #header: CowdHeader;
  readonly #journal: CowdJournal | null;
  /** Sectors that a cut left torn, as they are to be: read so where they could not be written. */
  readonly #torn: ReadonlyMap<number, Uint8Array>;
  readonly #directory: Uint32Array;
  readonly #tables = new Map<number, Promise<GrainTable>>();
  /** Tables that have entries to be made durable. */
  readonly #changed = new Map<number, GrainTable>();
  readonly #flushes = new Lane();
  #freeSector: number;

  private constructor({ file, header, journal, torn }: Parts, directory: Uint32Array, freeSector: number) {
    this.#file = file;
    this.#header = header;
    this.#journal = journal;
    this.#torn = torn;
    this.#directory = directory;
    this.#freeSector = freeSector;
  }

  /** @throws HypervisorError FILE_DAMAGED */
  static async open(file: ExtentFile, header: CowdHeader, access: 'read' | 'write'): Promise<CowdTables> {
    const journal = header.journalSector === null ? null : new CowdJournal(file, header.journalSector);
    const torn = (await journal?.torn()) ?? new Map<number, Uint8Array>();
    if (access === 'write' && torn.size > 0) {
      for (const [sector, bytes] of torn) await file.write(bytes, sector * SECTOR_SIZE_BYTES);
      await file.flush();
    }
    const directory = await readEntries(file, header.gdOffset, header.gdEntryCount, torn);
    const fileSectors = Math.ceil((await file.sizeBytes()) / SECTOR_SIZE_BYTES);
    for (const sector of directory) {
      if (sector !== 0 && sector + GT_SIZE_SECTORS > fileSectors) {
        throw fileDamaged(file.shown, `its grain directory points to sector ${sector}, and it has ${fileSectors}`);
      }
    }
    const left = access === 'write' ? new Map<number, Uint8Array>() : torn;
    return new CowdTables({ file, header, journal, torn: left }, directory, fileSectors);
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
    const sectors = batches.flatMap((batch) => (batch.table.isLinked ? changedSectors(batch) : []));
    for (const batch of batches) if (!batch.table.isLinked) await this.#place(batch);
    sectors.push(...this.#linking(batches));
    for (let at = 0; at < sectors.length; at += JOURNAL_SECTORS_MAX) {
      // The record before is needed until what it is of is durable.
      if (at > 0) await this.#file.flush();
      await this.#writeOver(sectors.slice(at, at + JOURNAL_SECTORS_MAX));
    }
    // What was written in place; with tables it is the header, too.
    await this.#file.flush();
    for (const { gdIndex, table, noted } of batches) {
      for (const [index, sector] of noted) table.entries[index] = sector;
      if (!table.isLinked) this.#directory[gdIndex] = table.sector;
      table.isLinked = true;
      for (const [index] of noted) table.noted.delete(index);
      if (table.noted.size === 0) this.#changed.delete(gdIndex);
    }
  }

  /** Writes a new table whole: nothing points to it yet. */
  async #place({ table, noted }: Batch): Promise<void> {
    if (table.sector === 0) table.sector = this.allocate(GT_SIZE_SECTORS);
    await this.#file.write(bytesOf(withEntries(table.entries, noted)), table.sector * SECTOR_SIZE_BYTES);
  }

  /** The sectors of the directory that link the new tables. */
  #linking(batches: readonly Batch[]): TableSector[] {
    const noted = batches.flatMap(({ gdIndex, table }) => (table.isLinked ? [] : [[gdIndex, table.sector] as const]));
    return sectorsWith(this.#directory, noted, this.#header.gdOffset);
  }

  /** Writes sectors of tables over: what they point to and the journal are durable before. */
  async #writeOver(sectors: readonly TableSector[]): Promise<void> {
    await this.#journal?.note(sectors);
    await this.#file.flush();
    for (const run of runsOf(sectors)) await this.#file.write(run.bytes, run.sector * SECTOR_SIZE_BYTES);
    const header = formatCowdHeader({ ...this.#header, freeSector: this.#freeSector });
    await this.#file.write(header.subarray(0, SECTOR_SIZE_BYTES), 0);
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
    const entries = await readEntries(this.#file, sector, COWD_GT_ENTRY_COUNT, this.#torn);
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

async function readEntries(
  file: ExtentFile,
  sector: number,
  count: number,
  torn: ReadonlyMap<number, Uint8Array>,
): Promise<Uint32Array> {
  const bytes = new Uint8Array(count * ENTRY_SIZE_BYTES);
  await file.read(bytes, sector * SECTOR_SIZE_BYTES);
  for (const [tornSector, whole] of torn) {
    const at = (tornSector - sector) * SECTOR_SIZE_BYTES;
    if (at >= 0 && at < bytes.length) bytes.set(whole.subarray(0, bytes.length - at), at);
  }
  const view = new DataView(bytes.buffer);
  return Uint32Array.from({ length: count }, (_, index) => view.getUint32(index * ENTRY_SIZE_BYTES, true));
}

function changedSectors({ table, noted }: Batch): TableSector[] {
  return sectorsWith(table.entries, noted, table.sector);
}

function withEntries(entries: Uint32Array, noted: Batch['noted']): Uint32Array {
  const changed = entries.slice();
  for (const [index, sector] of noted) changed[index] = sector;
  return changed;
}

/** The sectors of a table in which entries change, in order. */
function sectorsWith(entries: Uint32Array, noted: Batch['noted'], tableSector: number): TableSector[] {
  const changed = withEntries(entries, noted);
  const numbers = new Set(noted.map(([index]) => Math.floor(index / ENTRIES_PER_SECTOR)));
  return [...numbers]
    .sort((a, b) => a - b)
    .map((number) => {
      const [start, end] = [number * ENTRIES_PER_SECTOR, (number + 1) * ENTRIES_PER_SECTOR];
      const [old, bytes] = [bytesOf(entries.subarray(start, end)), bytesOf(changed.subarray(start, end))];
      return { sector: tableSector + number, old, bytes };
    });
}

/** Sectors side by side as one write. */
function* runsOf(sectors: readonly TableSector[]): Generator<{ readonly sector: number; readonly bytes: Uint8Array }> {
  for (let first = 0; first < sectors.length; ) {
    const start = sectors[first]?.sector ?? 0;
    let end = first + 1;
    while (sectors[end]?.sector === start + end - first) end += 1;
    const bytes = new Uint8Array((end - first) * SECTOR_SIZE_BYTES);
    for (const [index, { bytes: one }] of sectors.slice(first, end).entries())
      bytes.set(one, index * SECTOR_SIZE_BYTES);
    yield { sector: start, bytes };
    first = end;
  }
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
