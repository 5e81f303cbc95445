import { fileDamaged, notSupported } from '../api/faults.js';

/**
 * The header of a hosted sparse extent (facts/vmdk.md section 4), the first sector of the file; little endian:
 *
 * | offset | size | field |
 * |---|---|---|
 * | 0 | 4 | `KDMV` |
 * | 4 | 4 | version: 1, 2 (zeroed grains), 3 (streams) |
 * | 8 | 4 | flags: 1 newline test, 2 redundant directory, 4 zeroed grains, 0x10000 compressed, 0x20000 markers |
 * | 12 | 8 | capacity, in sectors, as all that follows |
 * | 20 | 8 | size of a grain |
 * | 28, 36 | 8 + 8 | where the embedded descriptor lies, and its size |
 * | 44 | 4 | entries of a grain table |
 * | 48 | 8 | the redundant grain directory |
 * | 56 | 8 | the grain directory; all ones where a footer at the end says it |
 * | 64 | 8 | where the first grain can lie |
 * | 72 | 1 | 1 while it is open for writing |
 * | 73 | 4 | `\n`, blank, `\r`, `\n`: what a transfer as text would change |
 * | 77 | 2 | 1 where grains are deflated (RFC 1950) |
 */
export interface SparseHeader {
  readonly version: number;
  readonly capacitySectors: number;
  readonly grainSectors: number;
  /** Where the embedded descriptor lies, in sectors of 512 bytes; size 0 where there is none (one part of a split disk). */
  readonly descriptorOffset: number;
  readonly descriptorSize: number;
  readonly tableEntries: number;
  /** Sector of the grain directory; null where the footer says it. */
  readonly directoryOffset: number | null;
  /** A grain whose table entry is 1 reads as zeros. */
  readonly hasZeroedGrains: boolean;
  /** Grains are deflated one after the other: a streamOptimized disk. */
  readonly compressed: boolean;
  /** Each grain begins with its sector and length. */
  readonly hasMarkers: boolean;
}

const HEADER_SIZE_BYTES = 79;
const FLAG_NEWLINE_TEST = 1;
const FLAG_ZEROED_GRAINS = 4;
const FLAG_COMPRESSED = 0x1_0000;
const FLAG_MARKERS = 0x2_0000;
const DIRECTORY_AT_END = 0xffff_ffff_ffff_ffffn;
const NEWLINES = '\n \r\n';
const DEFLATE = 1;
/** Grains are 128 sectors in practice. One has to fit in memory: 1 MiB. */
const GRAIN_SECTORS_MAX = 2048;
const TABLE_ENTRIES_MAX = 65_536;
/** 2^43 sectors are 2^52 bytes: the last size whose byte offsets are exact numbers. */
const SECTORS_MAX = 2 ** 43;

/** Reads the header of a `KDMV` extent, or answers null when the file is too short for one. Nothing is checked. */
export function sparseHeaderOf(head: Uint8Array): SparseHeader | null {
  if (head.length < HEADER_SIZE_BYTES || Buffer.from(head.subarray(0, 4)).toString('latin1') !== 'KDMV') return null;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const number = (at: number): number => Number(view.getBigUint64(at, true));
  const flags = view.getUint32(8, true);
  return {
    version: view.getUint32(4, true),
    capacitySectors: number(12),
    grainSectors: number(20),
    descriptorOffset: number(28),
    descriptorSize: number(36),
    tableEntries: view.getUint32(44, true),
    directoryOffset: view.getBigUint64(56, true) === DIRECTORY_AT_END ? null : number(56),
    hasZeroedGrains: (flags & FLAG_ZEROED_GRAINS) !== 0,
    compressed: (flags & FLAG_COMPRESSED) !== 0,
    hasMarkers: (flags & FLAG_MARKERS) !== 0,
  };
}

/**
 * Reads the header of a `KDMV` extent and checks what reading the extent depends on.
 *
 * @param file name for errors
 * @throws HypervisorError FILE_DAMAGED, NOT_SUPPORTED (a version, a size of grains or a compression that is not known)
 */
export function readSparseHeader(head: Uint8Array, file: string): SparseHeader {
  const header = sparseHeaderOf(head);
  if (header === null) throw fileDamaged(file, 'the header of a sparse extent is not there or not whole');
  const { version, capacitySectors, grainSectors, tableEntries, compressed } = header;
  if (version < 1 || version > 3) {
    throw notSupported('version', `${file}: sparse extents of version ${version} are not known here; 1, 2 and 3 are.`);
  }
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const hasNewlines = (view.getUint32(8, true) & FLAG_NEWLINE_TEST) !== 0;
  if (hasNewlines && Buffer.from(head.subarray(73, 77)).toString('latin1') !== NEWLINES) {
    throw fileDamaged(file, 'the line ends in its header were changed, as a transfer in text mode does');
  }
  if (capacitySectors === 0 || capacitySectors > SECTORS_MAX) {
    throw fileDamaged(file, `a capacity of ${capacitySectors} sectors is not possible`);
  }
  if (grainSectors < 1 || grainSectors > GRAIN_SECTORS_MAX) {
    const says = `${file}: grains of ${grainSectors} sectors are not read here; 1 to ${GRAIN_SECTORS_MAX} are.`;
    throw notSupported('grainSize', says);
  }
  if (tableEntries < 1 || tableEntries > TABLE_ENTRIES_MAX) {
    throw fileDamaged(file, `a grain table of ${tableEntries} entries is not possible`);
  }
  if (compressed && view.getUint16(77, true) !== DEFLATE) {
    throw notSupported('compressAlgorithm', `${file}: its grains are compressed in a way that is not known here.`);
  }
  return header;
}
