import { assert } from './assert.js';
import type { Brand } from './brand.js';

/** Index of a 512-byte sector of a virtual disk. */
export type SectorIndex = Brand<number, 'SectorIndex'>;
/** A number of 512-byte sectors. */
export type SectorCount = Brand<number, 'SectorCount'>;

/** Size of a virtual-disk sector in bytes (VMDK descriptors count in these). */
export const SECTOR_SIZE_BYTES = 512;

/** Makes a sector index of a whole number from 0 to 2^53-1; anything else is our own mistake. */
export function sectorIndex(value: number): SectorIndex {
  assert(Number.isSafeInteger(value) && value >= 0, `a sector index is a whole number, not ${value}`);
  return value as SectorIndex;
}

/** Makes a sector count of a whole number from 0 to 2^53-1; anything else is our own mistake. */
export function sectorCount(value: number): SectorCount {
  assert(Number.isSafeInteger(value) && value >= 0, `a sector count is a whole number, not ${value}`);
  return value as SectorCount;
}
