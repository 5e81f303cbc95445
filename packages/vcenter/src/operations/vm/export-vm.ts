import type { DiskInfo } from '@vcryptsim/hypervisor/api';
import type { HostName, VmUuid } from '@vcryptsim/ports';
import { VCenterError } from '../../terms/errors.js';
import { noArguments } from '../arguments.js';
import { onObject } from '../needs.js';
import { plainOperation } from '../operation.js';

/** What a client needs to fetch an exported VM from its host: the part of HttpNfcLeaseInfo that means something here. */
export interface ExportLease {
  readonly host: HostName;
  readonly vm: VmUuid;
  /** `[datastore] folder/name.vmx` */
  readonly vmxPath: string;
  /** In the order of their device keys. */
  readonly disks: readonly Pick<DiskInfo, 'deviceKey' | 'fileName' | 'capacity'>[];
}

/**
 * ExportVm: hands out a lease by which a client fetches the disks of a powered-off VM from its host, for an OVF. Of an
 * encrypted VM nothing is handed out (row S28): neither its disks nor, with plain disks, its files (a virtual TPM).
 *
 * Refuses with VCenterError ENCRYPTED_VM_NOT_SUPPORTED, INVALID_POWER_STATE
 */
export const exportVm = plainOperation<'VirtualMachine', Record<string, never>, ExportLease>({
  name: 'ExportVm',
  on: 'VirtualMachine',
  verb: 'vm.export-ovf',
  about: 'Exports a VM as an OVF: description, disks as streamOptimized VMDKs, manifest.',
  source: 'facts/vsphere-rules.md section 5.1; pyvmomi, VirtualMachine.ExportVm',
  args: noArguments,
  needs: [onObject('VirtualMachine', 'VApp.Export')],
  whileLocked: 'refused',
  run: async ({ hosts }, { object }) => {
    const host = await hosts.reach(object.host);
    const info = await host.api.vm(object.uuid);
    if (info.keyId !== null || info.disks.some(({ keyId }) => keyId !== null)) throw notOnEncrypted(object.name);
    if (info.powerState !== 'poweredOff') {
      throw new VCenterError(
        { code: 'INVALID_POWER_STATE', existing: info.powerState },
        `VM ${object.name} is ${info.powerState}, and only a powered-off VM is exported. Power it off first.`,
      );
    }
    const disks = info.disks.map(({ deviceKey, fileName, capacity }) => ({ deviceKey, fileName, capacity }));
    return { host: host.name, vm: object.uuid, vmxPath: info.vmxPath, disks };
  },
});

/** The first sentence is VMware's (facts/vsphere-rules.md sections 5.1 and 12). */
function notOnEncrypted(vm: string): VCenterError {
  return new VCenterError(
    {
      code: 'ENCRYPTED_VM_NOT_SUPPORTED',
      vm,
      messageKey: 'com.vmware.vim.vpxd.encryption.opUnsupportedOnEncryptedVm',
    },
    `The operation is not supported on encrypted VM. Decrypt VM ${vm} first, and export it then.`,
  );
}
