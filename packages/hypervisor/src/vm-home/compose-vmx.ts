import { formatBundle, type SealedDek } from '../formats/encryption-bundle.js';
import { formatVmwareUuid } from '../formats/vmware-uuid.js';
import { Vmx } from '../formats/vmx.js';
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
    ['scsi0.present', 'TRUE'],
    ['scsi0.virtualDev', 'pvscsi'],
    ...plan.disks.flatMap((disk): [string, string][] => [
      [`scsi0:${disk.unit}.present`, 'TRUE'],
      [`scsi0:${disk.unit}.deviceType`, 'scsi-hardDisk'],
      [`scsi0:${disk.unit}.fileName`, disk.fileName],
    ]),
    ...(sealedHome === null ? [] : [['encryption.bundle', formatBundle([sealedHome])] as [string, string]]),
  ];
  for (const [key, value] of entries) vmx.set(key, value);
  return vmx;
}
