import type { StateGroup } from '../formats/state-groups.js';
import { MEMORY_PAGE_BYTES } from './guest-memory.js';

/** Where the address space of a PC has devices in place of memory. */
const HOLE_START_PAGE = 0xc0000;
const HOLE_END_PAGE = 0x100000;

/**
 * The group `memory` of a saved state: where the pages of the `.vmem` beside it are in the guest's address space
 * (facts/vsphere-formats.md Q6). More than 3 GiB of memory lies on both sides of a hole. Numbers are u32, little endian;
 * sizes and places are in pages of 4 KiB.
 */
export function memoryRegions(memoryBytes: number): StateGroup {
  const pages = memoryBytes / MEMORY_PAGE_BYTES;
  const regions =
    pages <= HOLE_START_PAGE
      ? [{ ppn: 0, pageNum: 0, size: pages }]
      : [
          { ppn: 0, pageNum: 0, size: HOLE_START_PAGE },
          { ppn: HOLE_END_PAGE, pageNum: HOLE_START_PAGE, size: pages - HOLE_START_PAGE },
        ];
  return new Map([
    ['align_mask', u32(0xffff)],
    ['regionsCount', u32(regions.length)],
    ...regions.flatMap(({ ppn, pageNum, size }, index): [string, Uint8Array][] => [
      [`regionPPN[${index}]`, u32(ppn)],
      [`regionPageNum[${index}]`, u32(pageNum)],
      [`regionSize[${index}]`, u32(size)],
    ]),
  ]);
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
