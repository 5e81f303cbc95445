/** The header of a hosted sparse extent (facts/vmdk.md section 4). */
export interface SparseHeader {
  readonly capacitySectors: number;
  /** Where the embedded descriptor lies, in sectors of 512 bytes; size 0 where there is none (one part of a split disk). */
  readonly descriptorOffset: number;
  readonly descriptorSize: number;
  /** Grains are deflated one after the other: a streamOptimized disk. */
  readonly compressed: boolean;
}

const HEADER_SIZE_BYTES = 79;
const FLAG_COMPRESSED = 0x1_0000;

/** Reads the header of a `KDMV` extent, or answers null when the file is too short for one. */
export function sparseHeaderOf(head: Uint8Array): SparseHeader | null {
  if (head.length < HEADER_SIZE_BYTES || Buffer.from(head.subarray(0, 4)).toString('latin1') !== 'KDMV') return null;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const number = (at: number): number => Number(view.getBigUint64(at, true));
  return {
    capacitySectors: number(12),
    descriptorOffset: number(28),
    descriptorSize: number(36),
    compressed: (view.getUint32(8, true) & FLAG_COMPRESSED) !== 0,
  };
}
