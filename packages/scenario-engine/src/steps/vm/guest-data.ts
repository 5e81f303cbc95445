import { DISK_BYTES_MAX } from '@vcryptsim/lab';
import { SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import { z } from 'zod';

/** One request moves at most this much: 32 MiB. */
const REQUEST_SECTORS_MAX = 65_536;

/** Sectors of the largest disk of vSphere, 62 TiB, end here. */
const LBA_MAX = DISK_BYTES_MAX / SECTOR_SIZE_BYTES - 1;

/** Which disk of a VM, from 1, as in "Hard disk 1". */
export const diskNumber = z.int().min(1).max(64).default(1);

/** A page of a guest's memory. */
export const MEMORY_PAGE_BYTES = 4096;

/** Which page of memory, from 0. */
export const memoryPage = z
  .int()
  .min(0)
  .max(2 ** 28 - 1);

/** Place of a guest's request: first sector and number of sectors. */
export const sectorRangeShape = {
  lba: z.int().min(0).max(LBA_MAX),
  sectors: z.int().min(1).max(REQUEST_SECTORS_MAX).default(1),
};

/** Whole sectors, each of which begins with `text` and goes on with zeros. */
export function sectorsOfText(text: string, sectors: number): Uint8Array {
  const bytes = new Uint8Array(sectors * SECTOR_SIZE_BYTES);
  const encoded = new TextEncoder().encode(text).subarray(0, SECTOR_SIZE_BYTES);
  for (let index = 0; index < sectors; index++) bytes.set(encoded, index * SECTOR_SIZE_BYTES);
  return bytes;
}

/** Whole sectors filled with `pattern`, repeated without a gap from the first to the last byte. */
export function sectorsOfPattern(pattern: string, sectors: number): Uint8Array {
  const bytes = new Uint8Array(sectors * SECTOR_SIZE_BYTES);
  const encoded = new TextEncoder().encode(pattern);
  for (let index = 0; index < bytes.length; index++) bytes[index] = encoded[index % encoded.length] ?? 0;
  return bytes;
}

/** Sectors as text: UTF-8, zeros at the end left out. */
export function textOfSectors(bytes: Uint8Array): string {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return new TextDecoder().decode(bytes.subarray(0, end));
}
