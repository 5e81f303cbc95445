import { type DiskKey, decryptUnits, encryptUnits } from './disk-key.js';
import { dataRunsOf } from './zeros.js';

/** Bytes that are read, turned over and written at once. */
export const WINDOW_SIZE_BYTES = 1024 * 1024;

/**
 * Turns a window of a disk over in place: from under one key to under another, null for plain. It begins and ends at data
 * units, because windows and disks are whole ones. Holes of an encrypted disk stay holes. Of a plain disk nothing tells a hole
 * from zeros that were written: `keepsHoles` says that both stay zeros.
 *
 * @param offsetBytes of the window on the disk
 */
export function turnWindow(
  window: Uint8Array,
  offsetBytes: number,
  from: DiskKey | null,
  to: DiskKey | null,
  keepsHoles = false,
): void {
  if (from === null && !keepsHoles) {
    if (to !== null) encryptUnits(window, offsetBytes, to);
    return;
  }
  const unitSizeBytes = Math.max(from?.dataUnitSizeBytes ?? 0, to?.dataUnitSizeBytes ?? 0);
  if (unitSizeBytes === 0) return;
  for (const { startBytes, endBytes } of dataRunsOf(window, unitSizeBytes)) {
    const units = window.subarray(startBytes, endBytes);
    if (from !== null) decryptUnits(units, offsetBytes + startBytes, from);
    if (to !== null) encryptUnits(units, offsetBytes + startBytes, to);
  }
}
