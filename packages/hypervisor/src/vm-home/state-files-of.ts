import { memoryFileOf } from './snapshots/snapshot-list.js';
import type { VmConfig } from './vm-config.js';

/** The files of a suspended VM's state; none of another's. */
export function stateFilesOf({ stateFileName }: VmConfig): readonly string[] {
  return stateFileName === null ? [] : [stateFileName, memoryFileOf(stateFileName)];
}
