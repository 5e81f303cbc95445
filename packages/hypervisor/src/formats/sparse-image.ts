import { inflateSync } from 'node:zlib';
import { type FileHandle, SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import { fileDamaged } from '../api/faults.js';
import { GrainTables } from './grain-tables.js';
import { readSparseHeader, type SparseHeader } from './sparse-header.js';

/** Entry of a grain that reads as zeros, where the header allows it. */
const ZEROED = 1;
const MARKER_BYTES = 12;
/** A footer: its marker, the header once more, and the mark of the end of the stream, a sector each. */
const FOOTER_BYTES = 3 * SECTOR_SIZE_BYTES;
const FOOTER_MARK = 3;

/**
 * The disk in a `KDMV` extent: monolithicSparse, a part of twoGbMaxExtentSparse, or streamOptimized with the grain
 * directory at its front (as qemu writes it) or at its end (as VMware does, by a footer). Read-only and in bounded
 * memory: two pages of tables a grain, and one inflated grain.
 */
export class SparseImage {
  readonly #handle: FileHandle;
  readonly #fileBytes: number;
  readonly #header: SparseHeader;
  readonly #tables: GrainTables;
  readonly #file: string;
  #inflated: { readonly grain: number; readonly bytes: Uint8Array } | null = null;

  private constructor(handle: FileHandle, fileBytes: number, header: SparseHeader, directory: number, file: string) {
    this.#handle = handle;
    this.#fileBytes = fileBytes;
    this.#header = header;
    this.#file = file;
    const spec = { directoryOffset: directory, tableEntries: header.tableEntries };
    this.#tables = new GrainTables(handle, fileBytes, spec, file);
  }

  /**
   * @param handle the extent, which stays the caller's to close
   * @param file name for errors
   * @throws HypervisorError FILE_DAMAGED, NOT_SUPPORTED; FileError
   */
  static async open(handle: FileHandle, file: string): Promise<SparseImage> {
    const fileBytes = await handle.sizeBytes();
    const head = new Uint8Array(SECTOR_SIZE_BYTES);
    const header = readSparseHeader(head.subarray(0, await handle.pread(head, 0)), file);
    if (header.directoryOffset !== null) {
      return new SparseImage(handle, fileBytes, header, checkedDirectory(header, file), file);
    }
    // The footer takes precedence: what the header could not know when it was written stands there.
    const footer = await readFooter(handle, fileBytes, file);
    return new SparseImage(handle, fileBytes, footer, checkedDirectory(footer, file), file);
  }

  /** A whole number of sectors. */
  get sizeBytes(): number {
    return this.#header.capacitySectors * SECTOR_SIZE_BYTES;
  }

  /**
   * Fills the buffer from `offsetBytes`; what has no grain reads as zeros.
   *
   * @returns how many bytes there were, fewer only at the end of the disk
   * @throws HypervisorError FILE_DAMAGED; FileError
   */
  async read(buffer: Uint8Array, offsetBytes: number): Promise<number> {
    const wanted = Math.max(0, Math.min(buffer.length, this.sizeBytes - offsetBytes));
    const grainBytes = this.#header.grainSectors * SECTOR_SIZE_BYTES;
    for (let done = 0; done < wanted; ) {
      const at = offsetBytes + done;
      const inGrain = at % grainBytes;
      const length = Math.min(wanted - done, grainBytes - inGrain);
      await this.#readGrain(Math.floor(at / grainBytes), inGrain, buffer.subarray(done, done + length));
      done += length;
    }
    return wanted;
  }

  async #readGrain(grain: number, inGrain: number, piece: Uint8Array): Promise<void> {
    const sector = await this.#tables.entryOf(grain);
    if (sector === 0 || (sector === ZEROED && this.#header.hasZeroedGrains)) piece.fill(0);
    else if (this.#header.compressed) await this.#readInflated(grain, sector, inGrain, piece);
    else await this.#readWhole(piece, sector * SECTOR_SIZE_BYTES + inGrain, grain);
  }

  async #readInflated(grain: number, sector: number, inGrain: number, piece: Uint8Array): Promise<void> {
    let bytes = this.#inflated?.grain === grain ? this.#inflated.bytes : null;
    if (bytes === null) {
      bytes = await this.#inflate(grain, sector);
      this.#inflated = { grain, bytes };
    }
    if (inGrain + piece.length > bytes.length) {
      throw this.#damaged(grain, `holds ${bytes.length} bytes, fewer than a grain has`);
    }
    piece.set(bytes.subarray(inGrain, inGrain + piece.length));
  }

  async #inflate(grain: number, sector: number): Promise<Uint8Array> {
    const grainBytes = this.#header.grainSectors * SECTOR_SIZE_BYTES;
    // Deflate makes what it cannot compress a little longer.
    const packedMax = 2 * grainBytes + SECTOR_SIZE_BYTES;
    const start = sector * SECTOR_SIZE_BYTES;
    let packed: Uint8Array;
    if (this.#header.hasMarkers) {
      const marker = new Uint8Array(MARKER_BYTES);
      await this.#readWhole(marker, start, grain);
      const view = new DataView(marker.buffer);
      const lba = view.getBigUint64(0, true);
      const length = view.getUint32(8, true);
      if (lba !== BigInt(grain) * BigInt(this.#header.grainSectors)) {
        throw this.#damaged(grain, `is found where the data of sector ${lba} lies`);
      }
      if (length === 0 || length > packedMax) throw this.#damaged(grain, `has a length of ${length} bytes`);
      packed = new Uint8Array(length);
      await this.#readWhole(packed, start + MARKER_BYTES, grain);
    } else {
      packed = new Uint8Array(Math.max(0, Math.min(packedMax, this.#fileBytes - start)));
      await this.#readWhole(packed, start, grain);
    }
    try {
      return inflateSync(packed, { maxOutputLength: grainBytes });
    } catch {
      throw this.#damaged(grain, 'cannot be inflated');
    }
  }

  async #readWhole(buffer: Uint8Array, offsetBytes: number, grain: number): Promise<void> {
    const isInside = offsetBytes + buffer.length <= this.#fileBytes;
    if (!isInside || (await this.#handle.pread(buffer, offsetBytes)) < buffer.length) {
      throw this.#damaged(grain, 'lies beyond the end of the file, which may be cut short');
    }
  }

  #damaged(grain: number, what: string): Error {
    const sector = grain * this.#header.grainSectors;
    return fileDamaged(this.#file, `the grain of sector ${sector} ${what}`);
  }
}

function checkedDirectory({ directoryOffset }: SparseHeader, file: string): number {
  if (directoryOffset === null || directoryOffset === 0) throw fileDamaged(file, 'it names no grain directory');
  return directoryOffset;
}

async function readFooter(handle: FileHandle, fileBytes: number, file: string): Promise<SparseHeader> {
  const bytes = new Uint8Array(FOOTER_BYTES);
  const start = fileBytes - FOOTER_BYTES;
  const isThere = start > 0 && (await handle.pread(bytes, start)) === FOOTER_BYTES;
  const view = new DataView(bytes.buffer);
  const isFooter = view.getUint32(8, true) === 0 && view.getUint32(12, true) === FOOTER_MARK;
  const end = bytes.subarray(2 * SECTOR_SIZE_BYTES, 2 * SECTOR_SIZE_BYTES + 16);
  if (!isThere || !isFooter || end.some((byte) => byte !== 0)) {
    throw fileDamaged(file, 'its footer is not at its end: the file is cut short, or something was added to it');
  }
  return readSparseHeader(bytes.subarray(SECTOR_SIZE_BYTES, 2 * SECTOR_SIZE_BYTES), file);
}
