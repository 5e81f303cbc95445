import { formatBundle, type SealedDek } from '../formats/encryption-bundle.js';
import { formatVmwareUuid } from '../formats/vmware-uuid.js';
import { Vmx } from '../formats/vmx.js';
import { partsOf } from './disk-node.js';
import type { VmPlan } from './vm-plan.js';

/**
 * Writes the VMX of a new VM: clear text, as VMware's, but for the bundle (row S05).
 *
 * @param sealedHome the VM home's DEK, or null for a plain VM
 */
export function composeVmx(plan: VmPlan, nvramFileName: string, sealedHome: SealedDek | null): Vmx {
  const vmx = Vmx.create();
  const entries: [string, string][] = [
    ['config.version', '8'],
    ['virtualHW.version', '19'],
    ['displayName', plan.name],
    ['vc.uuid', formatVmwareUuid(plan.uuid)],
    ['guestOS', plan.guestId],
    ['firmware', 'efi'],
    ['memSize', String(plan.memoryMiB)],
    ['nvram', nvramFileName],
    ...controllersOf(plan),
    ...plan.disks.flatMap(({ node, fileName }): [string, string][] => [
      [`${node}.present`, 'TRUE'],
      [`${node}.deviceType`, 'scsi-hardDisk'],
      [`${node}.fileName`, fileName],
    ]),
    ...(sealedHome === null ? [] : [['encryption.bundle', formatBundle([sealedHome])] as [string, string]]),
  ];
  for (const [key, value] of entries) vmx.set(key, value);
  return vmx;
}

/** The first SCSI controller, which every VM has, and those that its disks need besides. */
function controllersOf({ disks }: VmPlan): readonly [string, string][] {
  const used = new Set([0, ...disks.map(({ node }) => partsOf(node).controller)]);
  return [...used].flatMap((controller): [string, string][] => [
    [`scsi${controller}.present`, 'TRUE'],
    [`scsi${controller}.virtualDev`, 'pvscsi'],
  ]);
}
