import { deflateSync } from 'node:zlib';
import { assert, SECTOR_SIZE_BYTES, type SectorCount } from '@vcryptsim/ports';
import { invalidArgument } from '../api/faults.js';

const GRAIN_SECTORS = 128;
const GRAIN_BYTES = GRAIN_SECTORS * SECTOR_SIZE_BYTES;
const TABLE_ENTRIES = 512;
const TABLE_SECTORS = (TABLE_ENTRIES * 4) / SECTOR_SIZE_BYTES;
const DESCRIPTOR_OFFSET = 1;
const DESCRIPTOR_SECTORS = 20;
/** Where the first grain lies. */
const OVERHEAD_SECTORS = 128;
/** Table entries are 32-bit sector numbers. */
const FILE_SECTORS_MAX = 2 ** 32 - 1;
const MARKER = { endOfStream: 0, table: 1, directory: 2, footer: 3 } as const;
const VERSION = 3;
/** Newline test, compressed, with markers. */
const FLAGS = 0x3_0001;

const ZEROS = new Uint8Array(GRAIN_BYTES);

/** Bytes that go one after the other into a file. */
export interface ByteSink {
  write(bytes: Uint8Array, offsetBytes: number): Promise<void>;
}

/**
 * Writes a streamOptimized VMDK, front to back, as an OVF has it (facts/vmdk.md section 4):
 *
 * ```
 * header (the directory is "at the end"), descriptor, zeros up to sector 128
 * a grain of 64 KiB that is not zeros: u64 sector, u32 length, deflated bytes, filled up to a sector
 * after 512 grains:    u64 4 sectors, u32 0, u32 1 ..., the grain table
 * at the end:          u64 n sectors, u32 0, u32 2 ..., the grain directory
 *                      u64 1 sector,  u32 0, u32 3 ..., the footer: the header, with the directory's place
 *                      a sector of zeros
 * ```
 *
 * The same disk gives the same file.
 */
export class StreamOptimizedWriter {
  readonly #sink: ByteSink;
  readonly #capacity: SectorCount;
  readonly #directory: number[] = [];
  #table = new Uint32Array(TABLE_ENTRIES);
  #grains = 0;
  #sector = 0;

  private constructor(sink: ByteSink, capacity: SectorCount) {
    this.#sink = sink;
    this.#capacity = capacity;
  }

  /**
   * Writes header and descriptor.
   *
   * @param descriptor text of the descriptor, at most 10,240 bytes
   * @throws what the sink throws
   */
  static async begin(sink: ByteSink, capacity: SectorCount, descriptor: string): Promise<StreamOptimizedWriter> {
    const writer = new StreamOptimizedWriter(sink, capacity);
    const text = new TextEncoder().encode(descriptor);
    assert(text.length <= DESCRIPTOR_SECTORS * SECTOR_SIZE_BYTES, 'the descriptor fits its 20 sectors');
    const front = new Uint8Array(OVERHEAD_SECTORS * SECTOR_SIZE_BYTES);
    front.set(headerOf(capacity, null));
    front.set(text, DESCRIPTOR_OFFSET * SECTOR_SIZE_BYTES);
    await writer.#append(front);
    return writer;
  }

  /** Bytes of one grain: how the disk is handed over. */
  static get grainBytes(): number {
    return GRAIN_BYTES;
  }

  /**
   * Takes the next 64 KiB of the disk; the last piece may be shorter.
   *
   * @throws HypervisorError INVALID_ARGUMENT for a file above 2 TiB; what the sink throws
   */
  async addGrain(bytes: Uint8Array): Promise<void> {
    const index = this.#grains % TABLE_ENTRIES;
    if (Buffer.compare(bytes, ZEROS.subarray(0, bytes.length)) !== 0) {
      const grain = new Uint8Array(GRAIN_BYTES);
      grain.set(bytes);
      const packed = deflateSync(grain);
      grain.fill(0);
      const record = new Uint8Array(roundUp(12 + packed.length));
      const view = new DataView(record.buffer);
      view.setBigUint64(0, BigInt(this.#grains * GRAIN_SECTORS), true);
      view.setUint32(8, packed.length, true);
      record.set(packed, 12);
      this.#table[index] = this.#sector;
      await this.#append(record);
    }
    this.#grains += 1;
    if (index === TABLE_ENTRIES - 1) await this.#endTable();
  }

  /** Writes the last table, the directory and the footer. @returns the size of the file in bytes */
  async end(): Promise<number> {
    const expected = Math.ceil(this.#capacity / GRAIN_SECTORS);
    assert(this.#grains === expected, `a disk of ${expected} grains got ${this.#grains}`);
    if (this.#grains % TABLE_ENTRIES !== 0) await this.#endTable();
    const directory = new Uint8Array(roundUp(this.#directory.length * 4));
    const view = new DataView(directory.buffer);
    this.#directory.forEach((sector, at) => {
      view.setUint32(at * 4, sector, true);
    });
    await this.#append(markerOf(directory.length / SECTOR_SIZE_BYTES, MARKER.directory));
    const directoryOffset = this.#sector;
    await this.#append(directory);
    await this.#append(markerOf(1, MARKER.footer));
    await this.#append(headerOf(this.#capacity, directoryOffset));
    await this.#append(markerOf(0, MARKER.endOfStream));
    return this.#sector * SECTOR_SIZE_BYTES;
  }

  async #endTable(): Promise<void> {
    if (this.#table.every((sector) => sector === 0)) {
      this.#directory.push(0);
      return;
    }
    const bytes = new Uint8Array(TABLE_SECTORS * SECTOR_SIZE_BYTES);
    const view = new DataView(bytes.buffer);
    this.#table.forEach((sector, at) => {
      view.setUint32(at * 4, sector, true);
    });
    await this.#append(markerOf(TABLE_SECTORS, MARKER.table));
    this.#directory.push(this.#sector);
    await this.#append(bytes);
    this.#table = new Uint32Array(TABLE_ENTRIES);
  }

  async #append(bytes: Uint8Array): Promise<void> {
    const sectors = bytes.length / SECTOR_SIZE_BYTES;
    if (this.#sector + sectors > FILE_SECTORS_MAX) {
      throw invalidArgument('target', 'A streamOptimized file holds 2 TiB at most. Export the disk as flat.');
    }
    await this.#sink.write(bytes, this.#sector * SECTOR_SIZE_BYTES);
    this.#sector += sectors;
  }
}

function headerOf(capacity: SectorCount, directoryOffset: number | null): Uint8Array {
  const header = new Uint8Array(SECTOR_SIZE_BYTES);
  const view = new DataView(header.buffer);
  header.set(new TextEncoder().encode('KDMV'));
  view.setUint32(4, VERSION, true);
  view.setUint32(8, FLAGS, true);
  view.setBigUint64(12, BigInt(capacity), true);
  view.setBigUint64(20, BigInt(GRAIN_SECTORS), true);
  view.setBigUint64(28, BigInt(DESCRIPTOR_OFFSET), true);
  view.setBigUint64(36, BigInt(DESCRIPTOR_SECTORS), true);
  view.setUint32(44, TABLE_ENTRIES, true);
  view.setBigInt64(56, directoryOffset === null ? -1n : BigInt(directoryOffset), true);
  view.setBigUint64(64, BigInt(OVERHEAD_SECTORS), true);
  header.set(new TextEncoder().encode('\n \r\n'), 73);
  view.setUint16(77, 1, true);
  return header;
}

function markerOf(sectors: number, type: number): Uint8Array {
  const marker = new Uint8Array(SECTOR_SIZE_BYTES);
  const view = new DataView(marker.buffer);
  view.setBigUint64(0, BigInt(sectors), true);
  view.setUint32(12, type, true);
  return marker;
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / SECTOR_SIZE_BYTES) * SECTOR_SIZE_BYTES;
}
