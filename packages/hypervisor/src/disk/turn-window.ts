import type { DiskKey } from './vmcrypt-filter.js';

/** Bytes that are read, turned over and written at once. */
export const WINDOW_SIZE_BYTES = 1024 * 1024;

/**
 * Turns a window of a disk over in place: from under one key to under another, null for plain. It begins and ends at data
 * units, because windows and disks are whole ones.
 *
 * @param offsetBytes of the window on the disk
 */
export function turnWindow(window: Uint8Array, offsetBytes: number, from: DiskKey | null, to: DiskKey | null): void {
  if (from !== null) from.dek.decryptRun(window, unitAt(offsetBytes, from), from.dataUnitSizeBytes);
  if (to !== null) to.dek.encryptRun(window, unitAt(offsetBytes, to), to.dataUnitSizeBytes);
}

function unitAt(offsetBytes: number, { dataUnitSizeBytes }: DiskKey): bigint {
  return BigInt(offsetBytes / dataUnitSizeBytes);
}
