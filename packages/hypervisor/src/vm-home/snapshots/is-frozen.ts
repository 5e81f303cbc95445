import type { DiskConfig } from '../disk-config.js';

/** Whether a disk takes part in snapshots: an independent one goes on as it is, whatever becomes of the VM. */
export function isFrozen({ mode }: Pick<DiskConfig, 'mode'>): boolean {
  return mode === 'persistent';
}
