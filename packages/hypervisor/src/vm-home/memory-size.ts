import { fileDamaged } from '../api/faults.js';
import type { Vmx } from '../formats/vmx.js';

const MIB = 1024 * 1024;

/** Of a VM of which nothing else is said: guests here are tiny, and a scan reads every byte of their swap [ours O48]. */
export const DEFAULT_MEMORY_MIB = 16;
/** Of the largest VMs of vSphere 8. */
const MAX_MEMORY_MIB = 24 * MIB;
const MIN_MEMORY_MIB = 4;

/** For messages. */
export const MEMORY_RANGE = `from ${MIN_MEMORY_MIB} to ${MAX_MEMORY_MIB}`;

/** Whether a VM can have so much memory. */
export function isMemoryMiB(memoryMiB: number): boolean {
  return Number.isSafeInteger(memoryMiB) && memoryMiB >= MIN_MEMORY_MIB && memoryMiB <= MAX_MEMORY_MIB;
}

/** The memory that a VMX says, in bytes; FILE_DAMAGED where it says what no VM has. */
export function memoryBytesIn(vmx: Vmx, shown: string): number {
  const written = vmx.get('memSize') ?? `${DEFAULT_MEMORY_MIB}`;
  const memoryMiB = /^[0-9]{1,9}$/.test(written) ? Number(written) : 0;
  if (isMemoryMiB(memoryMiB)) return memoryMiB * MIB;
  throw fileDamaged(shown, `memSize is not a whole number of MiB ${MEMORY_RANGE}`, vmx.lineOf('memSize'));
}
