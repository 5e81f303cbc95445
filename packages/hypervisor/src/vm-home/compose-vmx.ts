import { formatBundle, type SealedDek } from '../formats/encryption-bundle.js';
import { formatVmwareUuid } from '../formats/vmware-uuid.js';
import { Vmx } from '../formats/vmx.js';
import { controllerLines, diskLines } from './disk-lines.js';
import type { DiskNode } from './disk-node.js';
import { SWAP_ENTRY } from './swap-name.js';
import type { VmPlan } from './vm-plan.js';

/**
 * Writes the VMX of a new VM: clear text, as VMware's, but for the bundle (row S05).
 *
 * @param swapPath where the guest's swap will be while it runs
 * @param sealedHome the VM home's DEK, or null for a plain VM
 */
export function composeVmx(plan: VmPlan, nvramFileName: string, swapPath: string, sealedHome: SealedDek | null): Vmx {
  const vmx = Vmx.create();
  const entries: (readonly [string, string])[] = [
    ['config.version', '8'],
    ['virtualHW.version', '19'],
    ['displayName', plan.name],
    ['vc.uuid', formatVmwareUuid(plan.uuid)],
    ['guestOS', plan.guestId],
    ['firmware', 'efi'],
    ['memSize', String(plan.memoryMiB)],
    ['nvram', nvramFileName],
    ...controllersOf(plan),
    ...plan.disks.flatMap(diskLines),
    [SWAP_ENTRY, swapPath],
    ...(sealedHome === null ? [] : [['encryption.bundle', formatBundle([sealedHome])] as const]),
  ];
  for (const [key, value] of entries) vmx.set(key, value);
  return vmx;
}

/** The first SCSI controller, which every VM has, and those that its disks need besides. */
function controllersOf({ disks }: VmPlan): readonly (readonly [string, string])[] {
  const first = 'scsi0:0' as DiskNode;
  return [first, ...disks.map(({ node }) => node)].flatMap(controllerLines);
}
