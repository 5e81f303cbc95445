import type { VmInfo } from '../api/vm.js';
import { lookAgain } from '../host/refresh-vm.js';
import { vmInfoOf } from '../host/vm-info.js';
import type { HostOperation } from './host-operation.js';

/** All registered VMs as the host sees them now, in the order of registration. */
export const vms: HostOperation<[], readonly VmInfo[]> = {
  vimName: 'HostSystem.vm',
  changesInventory: false,
  perform: async (host) => {
    await lookAgain(host, host.inventory.index.inaccessible());
    return host.inventory.all().map((vm) => vmInfoOf(vm, host.keys));
  },
};
