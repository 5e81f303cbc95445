import type { DiskConfig } from '../../disk-config.js';
import type { BoundDisk } from '../../key-binding.js';
import type { VmConfig } from '../../vm-config.js';

/** What binds the journal of a rewrite to its disk, beside the keys. */
export function journalContext(
  disk: DiskConfig,
  config: VmConfig,
  { generation }: BoundDisk,
  windowSizeBytes: number,
): string {
  return `${config.uuid} ${disk.uuid} ${generation} ${disk.capacity} ${disk.extentFileName} ${windowSizeBytes}`;
}
