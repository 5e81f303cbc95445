import { SECTOR_SIZE_BYTES, type SectorCount, sectorCount } from '@vcryptsim/ports';
import { fileDamaged, notSupported } from '../api/faults.js';

/** What the header of a COWD file says; places are sectors of the file. */
export interface CowdHeader {
  /** Sectors of the disk. */
  readonly capacity: SectorCount;
  readonly grainSizeSectors: number;
  readonly gdOffset: number;
  readonly gdEntryCount: number;
  /** The first sector behind all that is used. A hint: a cut can leave it behind, the file's length tells. */
  readonly freeSector: number;
  /** Where the journal of its tables lies (ours: disk/cowd-journal.ts); null in a file of another program. */
  readonly journalSector: number | null;
}

export const COWD_HEADER_SIZE_BYTES = 2048;
/** Entries of a grain table, and so grains that one entry of the grain directory stands for. */
export const COWD_GT_ENTRY_COUNT = 4096;
/** Sectors of the journal of the tables. */
export const COWD_JOURNAL_SIZE_SECTORS = 64;
const MAGIC = 'COWD';
/** Marks a file that has a journal; in the padding of the published header. */
const JOURNAL_MAGIC = 'VCTJ';
const JOURNAL_AT = 2032;
/** Valid newline detection and redundant table, as every file that was published has it. */
const FLAGS = 3;
/** Sector numbers are 32 bits wide; a disk of 2 TB or more needs another format (seSparse). */
export const COWD_SECTOR_LIMIT = 2 ** 32;

/**
 * Writes the header of a delta extent (createType `vmfsSparse`): VMware's COWD, as its Virtual Disk Format notes and qemu's
 * reader have it (facts/vmdk.md section 4). All numbers are 32 bits, little endian.
 *
 * | offset | field | here |
 * |---|---|---|
 * | 0 | magic | `COWD` |
 * | 4 | version | 1 |
 * | 8 | flags | 3 |
 * | 12 | numSectors: of the disk | |
 * | 16 | grainSize: sectors | 1, as ESXi has it |
 * | 20 | gdOffset: sector of the grain directory | 4, behind this header |
 * | 24 | numGDEntries | one for 4,096 grains |
 * | 28 | freeSector | |
 * | 32 | parent's name, generations, name, description, unclean shutdown ... | zeros |
 * | 2032 | `VCTJ`, then the sector of the journal of the tables (ours, in what is padding) | behind the grain directory |
 * | 2048 | the end | |
 *
 * The grain directory has the sector of each grain table, a grain table the sector of each grain; 0 is "not here".
 */
export function formatCowdHeader(header: CowdHeader): Uint8Array {
  const bytes = new Uint8Array(COWD_HEADER_SIZE_BYTES);
  bytes.set(new TextEncoder().encode(MAGIC));
  const view = new DataView(bytes.buffer);
  const { capacity, grainSizeSectors, gdOffset, gdEntryCount, freeSector } = header;
  [1, FLAGS, capacity, grainSizeSectors, gdOffset, gdEntryCount, freeSector].forEach((field, index) => {
    view.setUint32(4 + 4 * index, field, true);
  });
  if (header.journalSector !== null) {
    bytes.set(new TextEncoder().encode(JOURNAL_MAGIC), JOURNAL_AT);
    view.setUint32(JOURNAL_AT + 4, header.journalSector, true);
  }
  return bytes;
}

/**
 * Reads a header and checks that it is one that can be served.
 *
 * @throws HypervisorError FILE_DAMAGED, NOT_SUPPORTED (grains of several sectors, as some tools write them)
 */
export function parseCowdHeader(bytes: Uint8Array, file: string): CowdHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (offset: number): number => view.getUint32(offset, true);
  if (textAt(bytes, 0) !== MAGIC) {
    throw fileDamaged(file, 'it does not begin with COWD, as a delta extent does');
  }
  if (word(4) !== 1) throw notSupported('version', `${file}: COWD of version ${word(4)} is not known here; 1 is.`);
  const header = {
    capacity: sectorCount(word(12)),
    grainSizeSectors: word(16),
    gdOffset: word(20),
    gdEntryCount: word(24),
    freeSector: word(28),
    journalSector: textAt(bytes, JOURNAL_AT) === JOURNAL_MAGIC ? word(JOURNAL_AT + 4) : null,
  };
  if (header.grainSizeSectors !== 1) {
    throw notSupported(
      'grainSize',
      `${file}: grains of ${header.grainSizeSectors} sectors are not served here; ESXi's have 1. Convert the disk with qemu-img.`,
    );
  }
  if (header.gdOffset * SECTOR_SIZE_BYTES < COWD_HEADER_SIZE_BYTES) {
    throw fileDamaged(file, `its grain directory would lie inside its header, at sector ${header.gdOffset}`);
  }
  const entriesNeeded = Math.ceil(header.capacity / COWD_GT_ENTRY_COUNT);
  if (header.gdEntryCount < entriesNeeded || header.gdEntryCount > COWD_SECTOR_LIMIT / COWD_GT_ENTRY_COUNT) {
    throw fileDamaged(file, `its grain directory has ${header.gdEntryCount} entries where ${entriesNeeded} are needed`);
  }
  return header;
}

/** The header of a new file for a disk of so many sectors. */
export function newCowdHeader(capacity: SectorCount): CowdHeader {
  const gdOffset = COWD_HEADER_SIZE_BYTES / SECTOR_SIZE_BYTES;
  const gdEntryCount = Math.ceil(capacity / COWD_GT_ENTRY_COUNT);
  const journalSector = gdOffset + Math.ceil((4 * gdEntryCount) / SECTOR_SIZE_BYTES);
  const freeSector = journalSector + COWD_JOURNAL_SIZE_SECTORS;
  return { capacity, grainSizeSectors: 1, gdOffset, gdEntryCount, freeSector, journalSector };
}

function textAt(bytes: Uint8Array, offset: number): string {
  return new TextDecoder('latin1').decode(bytes.subarray(offset, offset + 4));
}
