import type { Vmsd } from '../../formats/vmsd.js';
import { linksOf } from '../disk-config.js';
import { chainsOf } from '../snapshots/chains-of.js';
import { memoryFileOf, snapshotListOf } from '../snapshots/snapshot-list.js';
import { stateFilesOf } from '../state-files-of.js';
import type { VmConfig } from '../vm-config.js';
import { changeRecordOf } from './change-record.js';

/**
 * The files of its folder that a VM needs: what its VMX names, what its descriptors do, and what its snapshots do.
 *
 * @param list its snapshots as they are now
 * @throws HypervisorError where a descriptor of a snapshot cannot be read: then nobody knows
 */
export async function usedFiles(config: VmConfig, list: Vmsd): Promise<ReadonlySet<string>> {
  const { folder, vmxFileName, nvramFileName, disks } = config;
  const links = (await chainsOf(config, list)).flatMap(linksOf);
  return new Set([
    ...[vmxFileName, nvramFileName, snapshotListOf(vmxFileName), changeRecordOf(vmxFileName)],
    ...stateFilesOf(config),
    ...links
      .filter((link) => link.folder.path === folder.path)
      .flatMap(({ fileName, extentFileName }) => [fileName, extentFileName]),
    ...disks.flatMap(({ journalFileName }) => journalFileName ?? []),
    ...list.snapshots.flatMap(({ fileName, hasMemory }) => [fileName, ...(hasMemory ? [memoryFileOf(fileName)] : [])]),
  ]);
}
