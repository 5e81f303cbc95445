import type { VmFolder } from '../../datastore/vm-folder.js';
import { formatVmsd, type Vmsd } from '../../formats/vmsd.js';
import { descriptorIn } from '../descriptor-file.js';
import { type LinkConfig, linkPath, linksOf, readChain } from '../disk-config.js';
import { chainsOf, frozenNames } from '../snapshots/chains-of.js';
import { readSnapshotList, snapshotListOf } from '../snapshots/snapshot-list.js';
import type { VmConfig } from '../vm-config.js';
import type { LinkMerge } from './change-record.js';

/**
 * Ends what a cut left of {@link takePlace}, where it had begun: some links above rest on the parent already, so that all of
 * the child's data is in it. Where none does the child stays; no more was lost than the copying.
 */
export async function finishMerge(config: VmConfig, merge: LinkMerge): Promise<void> {
  const list = await readSnapshotList(config.folder, config.vmxFileName);
  const above = await linksAbove(config, list, merge.parent);
  if (above.some(({ fileName }) => fileName !== merge.child)) await takePlace(config, merge);
}

/**
 * Puts the parent in the place of the child, whose data it has: for the links that rest on the child, then for the
 * snapshots that froze it. Until all is done either may be read, they are equal. What the VMX names is not changed here.
 *
 * The parent keeps its content ID, which the links above then name.
 */
export async function takePlace(config: VmConfig, { child, parent }: LinkMerge): Promise<void> {
  const { folder, vmxFileName } = config;
  const list = await readSnapshotList(folder, vmxFileName);
  const { contentId } = await readChain(folder, parent);
  const above = await linksAbove(config, list, child);
  for (const { fileName } of above) await rest(folder, fileName, parent, contentId);
  if (above.length > 0) await folder.fsync();
  if (!frozenNames(list).has(child)) return;
  const snapshots = list.snapshots.map((snapshot) => ({
    ...snapshot,
    disks: snapshot.disks.map((disk) => (disk.fileName === child ? { ...disk, fileName: parent } : disk)),
  }));
  await folder.replace(snapshotListOf(vmxFileName), formatVmsd({ ...list, snapshots }));
}

/** The links of this VM that rest directly on the one of that name. */
async function linksAbove(config: VmConfig, list: Vmsd, fileName: string): Promise<readonly LinkConfig[]> {
  const place = linkPath({ folder: config.folder, fileName });
  const above = new Map<string, LinkConfig>();
  for (const links of (await chainsOf(config, list)).map(linksOf)) {
    const link = links[links.findIndex((each) => linkPath(each) === place) - 1];
    if (link !== undefined) above.set(link.fileName, link);
  }
  return [...above.values()];
}

/** Makes a child rest on another parent with the same content. */
async function rest(folder: VmFolder, fileName: string, parent: string, contentId: string): Promise<void> {
  const editor = await descriptorIn(folder, fileName);
  editor.setHeader('parentFileNameHint', parent);
  editor.setHeader('parentCID', contentId);
  await folder.replaceUnsynced(fileName, editor.toBytes());
}
