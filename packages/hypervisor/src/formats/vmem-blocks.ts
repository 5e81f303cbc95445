import { fileDamaged } from '../api/faults.js';
import { packBytes, unpackBytes } from './byte-lz77.js';

/** Memory is packed in pieces of 4 MiB. */
export const VMEM_BLOCK_BYTES = 0x400000;
/** Before each piece. */
export const VMEM_BLOCK_HEADER_BYTES = 16;

/**
 * One piece of a `.vmem` that is to be sealed (facts/vsphere-formats.md Q6); the plaintext of the file is one after
 * another. Numbers are little endian.
 *
 * | offset | type | field |
 * |---|---|---|
 * | 0 | u32 | plain size: 0x400000, of the last piece perhaps less |
 * | 4 | u32 | zero |
 * | 8 | u32 | packed size; equal to the plain one where the piece is stored as it is |
 * | 12 | u32 | zero |
 * | 16 | | the piece, packed by byte-lz77.ts |
 *
 * @param plain 1 byte up to 4 MiB
 */
export function packVmemBlock(plain: Uint8Array): Uint8Array {
  const packed = packBytes(plain) ?? plain;
  const block = new Uint8Array(VMEM_BLOCK_HEADER_BYTES + packed.length);
  const view = new DataView(block.buffer);
  view.setUint32(0, plain.length, true);
  view.setUint32(8, packed.length, true);
  block.set(packed, VMEM_BLOCK_HEADER_BYTES);
  return block;
}

/** What follows the header of a block. */
export interface VmemBlockSizes {
  readonly plainBytes: number;
  readonly packedBytes: number;
}

/**
 * Reads the header of a block.
 *
 * @param plainMaxBytes of the memory that is left; the block must fill it or 4 MiB
 * @throws HypervisorError FILE_DAMAGED
 */
export function readVmemBlockHeader(header: Uint8Array, plainMaxBytes: number, file: string): VmemBlockSizes {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const [plainBytes, packedBytes] = [view.getUint32(0, true), view.getUint32(8, true)];
  const isZero = view.getUint32(4, true) === 0 && view.getUint32(12, true) === 0;
  const wanted = Math.min(VMEM_BLOCK_BYTES, plainMaxBytes);
  if (!isZero || plainBytes !== wanted || packedBytes === 0 || packedBytes > plainBytes) {
    throw fileDamaged(file, 'a block of it does not fit the memory of the virtual machine');
  }
  return { plainBytes, packedBytes };
}

/**
 * Unpacks the piece of a block.
 *
 * @throws HypervisorError FILE_DAMAGED
 */
export function unpackVmemBlock(packed: Uint8Array, { plainBytes }: VmemBlockSizes, file: string): Uint8Array {
  if (packed.length === plainBytes) return packed;
  const plain = new Uint8Array(plainBytes);
  if (!unpackBytes(packed, plain)) throw fileDamaged(file, 'a block of it does not unpack');
  return plain;
}
