import { SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import type { WorkControl } from '../../api/work-control.js';
import { mergeExtent } from '../../disk/merge-extent.js';
import { formatVmsd } from '../../formats/vmsd.js';
import type { ChangedVm } from '../change/changed-vm.js';
import { commitChange } from '../change/commit-change.js';
import { takePlace } from '../change/finish-merge.js';
import { type LinkConfig, linkPath } from '../disk-config.js';
import { openLink } from '../open-links.js';
import { readVmConfig, type VmConfig } from '../vm-config.js';
import { editedVmx } from '../vmx-file.js';
import { type MergeableLink, nextMergeable } from './mergeable-links.js';
import { readSnapshotList, snapshotListOf } from './snapshot-list.js';

/** What was put together. */
export interface Consolidated {
  readonly links: number;
  readonly bytes: number;
}

/**
 * Puts together all links of a VM that nothing keeps apart, lowest first: what the upper one has is copied into the lower as
 * it is, ciphertext too, then the lower takes its place. While that goes on nothing writes to the disks.
 *
 * At every cut the VM and its snapshots read what they read before; what is left to do the list of snapshots says
 * (`needConsolidate`), and a second call does it.
 *
 * @param isPinned whether another VM reads a link
 * @throws HypervisorError CANCELED, NO_SPACE, FILE_DAMAGED, what the folder throws; SwitchUnknown
 */
export async function consolidate(
  vm: ChangedVm,
  isPinned: (link: LinkConfig) => boolean,
  control: WorkControl,
): Promise<Consolidated> {
  const { folder, vmxFileName } = vm.config;
  let config = vm.config;
  let [links, bytes] = [0, 0];
  for (;;) {
    const list = await readSnapshotList(folder, vmxFileName);
    const found = await nextMergeable(config, list, isPinned);
    if (found === null) {
      if (list.needConsolidate) {
        await folder.replace(snapshotListOf(vmxFileName), formatVmsd({ ...list, needConsolidate: false }));
      }
      return { links, bytes };
    }
    await putTogether({ ...vm, config }, found, control);
    config = await readVmConfig(folder, vmxFileName);
    links += 1;
    bytes += found.child.capacity * SECTOR_SIZE_BYTES;
  }
}

async function putTogether(
  vm: ChangedVm,
  { parent, child, isTop }: MergeableLink,
  control: WorkControl,
): Promise<void> {
  const { config, sealer } = vm;
  const { folder, vmxFileName } = config;
  const merge = { child: child.fileName, parent: parent.fileName };
  const record = { made: [], dropped: [child.extentFileName, child.fileName], merge };
  const copy = (): Promise<void> => copyInto(child, parent, control);
  if (isTop) {
    const writeBeside = async (): Promise<Uint8Array> => {
      await copy();
      return vmxNaming(config, child.fileName, parent.fileName);
    };
    await commitChange({ folder, vmxFileName, record, writeBeside }, sealer);
    return;
  }
  // The switch is the list's, which is written whole; where it does not change it is replaced by itself.
  const writeBeside = async (): Promise<Uint8Array> => {
    await copy();
    await takePlace(config, merge);
    return formatVmsd(await readSnapshotList(folder, vmxFileName));
  };
  await commitChange({ folder, vmxFileName, record, switchFileName: snapshotListOf(vmxFileName), writeBeside }, sealer);
}

async function copyInto(child: LinkConfig, parent: LinkConfig, control: WorkControl): Promise<void> {
  const from = await openLink(child, 'read');
  try {
    const to = await openLink(parent, 'write');
    try {
      await mergeExtent(from, to, control);
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

function vmxNaming(config: VmConfig, from: string, to: string): Promise<Uint8Array> {
  const place = linkPath({ folder: config.folder, fileName: from });
  return editedVmx(config, (vmx) => {
    for (const disk of config.disks) if (linkPath(disk) === place) vmx.set(`${disk.node}.fileName`, to);
  });
}
