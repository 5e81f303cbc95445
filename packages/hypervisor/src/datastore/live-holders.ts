import type { FileSystem } from '@vcryptsim/ports';
import type { Life } from './life.js';

const HOLDERS: unique symbol = Symbol('live holders');

/** A medium with what live hosts hold on it. */
interface Medium extends FileSystem {
  [HOLDERS]?: Map<string, Life>;
}

/**
 * Which boot holds which file of a medium, by absolute path: what a lock file alone cannot tell, whether its holder
 * lives. On VMFS the volume itself keeps a heartbeat for that (facts/vsphere-formats.md Q7); here every host that was
 * given the same `FileSystem` sees the same table, which hangs on that object and goes with it. A boot that is over
 * holds nothing.
 */
export function liveHoldersOf(files: FileSystem): Map<string, Life> {
  const medium: Medium = files;
  const known = medium[HOLDERS];
  if (known !== undefined) return known;
  const holders = new Map<string, Life>();
  if (Object.isExtensible(medium)) Object.defineProperty(medium, HOLDERS, { value: holders });
  return holders;
}
