import type { VmUuid } from '@vcryptsim/ports';
import type { VmInfo } from '../api/vm.js';
import { findVm } from '../host/on-vm.js';
import { lookAgain } from '../host/refresh-vm.js';
import { vmInfoOf } from '../host/vm-info.js';
import type { HostOperation } from './host-operation.js';

/**
 * One VM as the host sees it now.
 *
 * @throws HypervisorError VM_NOT_FOUND
 */
export const vm: HostOperation<[uuid: VmUuid], VmInfo> = {
  vimName: 'VirtualMachine.config',
  changesInventory: false,
  perform: async (host, uuid) => {
    const found = findVm(host, uuid);
    await lookAgain(host, [found]);
    return vmInfoOf(found, host.keys);
  },
};
