import { formatVmsd, type Vmsd } from '../../formats/vmsd.js';
import type { ChangedVm } from '../change/changed-vm.js';
import { commitChange } from '../change/commit-change.js';
import { usedFiles } from '../change/used-files.js';
import { memoryFileOf, readSnapshotList, snapshotListOf, without } from './snapshot-list.js';

/**
 * Takes snapshots out of the list: the list's replacement is the switch. Their states and memories go, and the links that
 * nothing needs any more; links that could be put together are left to {@link consolidate}, and the list says so until then.
 *
 * @param removed numbers of snapshots of the list
 * @throws HypervisorError what the folder throws; SwitchUnknown
 */
export async function removeSnapshots({ config, sealer }: ChangedVm, removed: ReadonlySet<number>): Promise<void> {
  const { folder, vmxFileName } = config;
  const list = await readSnapshotList(folder, vmxFileName);
  const next: Vmsd = { ...without(list, removed), needConsolidate: true };
  const [before, after] = [await usedFiles(config, list), await usedFiles(config, next)];
  const unneeded = [...before].filter((name) => !after.has(name));
  const states = list.snapshots
    .filter(({ uid }) => removed.has(uid))
    .flatMap(({ fileName, hasMemory }) => (hasMemory ? [fileName, memoryFileOf(fileName)] : [fileName]));
  const dropped = [...new Set([...unneeded, ...states])];
  const record = { made: [], dropped };
  const commit = { folder, vmxFileName, record, switchFileName: snapshotListOf(vmxFileName) };
  await commitChange({ ...commit, writeBeside: async () => formatVmsd(next) }, sealer);
}
