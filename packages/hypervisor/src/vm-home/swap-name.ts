import type { Entropy } from '@vcryptsim/ports';
import type { VmFolder } from '../datastore/vm-folder.js';
import { isFileName, stemOf } from '../formats/file-name.js';

/** Where the VMX keeps the whole path of the guest's swap file. */
export const SWAP_ENTRY = 'sched.swap.derivedName';

/**
 * A new path for the swap of a VM: `/vmfs/volumes/DATASTORE/FOLDER/NAME-<8 hex>.vswp` (facts/vsphere-formats.md Q5; on a real
 * host the datastore is named by the UUID of its volume).
 */
export function drawSwapPath(folder: VmFolder, vmxFileName: string, entropy: Entropy): string {
  const hex = Buffer.from(entropy.public(4, 'name of a swap file')).toString('hex');
  return `${placeOf(folder)}${stemOf(vmxFileName)}-${hex}.vswp`;
}

/** The name in such a path; null where it leads to another place, as after a copy of the folder, or is none. */
export function swapFileNameIn(path: string | undefined, folder: VmFolder): string | null {
  if (path === undefined || !path.startsWith(placeOf(folder))) return null;
  const name = path.slice(placeOf(folder).length);
  return isFileName(name) && /\.vswp$/.test(name) ? name : null;
}

function placeOf(folder: VmFolder): string {
  return `/vmfs/volumes/${folder.datastore}/${folder.name}/`;
}
