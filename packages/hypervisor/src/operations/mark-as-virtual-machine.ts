import { notSupported } from '../api/faults.js';
import { renameHome } from '../host/rename-home.js';
import { vmOperation } from './host-operation.js';

/**
 * Makes a template a virtual machine again.
 *
 * @throws HypervisorError VM_NOT_FOUND, NOT_SUPPORTED (no template), VM_LOCKED, ALREADY_EXISTS, FILE_LOCKED
 */
export const markAsVirtualMachine = vmOperation<[], void>({
  vimName: 'VirtualMachine.MarkAsVirtualMachine',
  changesInventory: true,
  perform: async (host, vm) => {
    if (!vm.isTemplate) throw notSupported('template', `${vm.name} is a virtual machine already.`);
    await renameHome(host, vm, 'vmx', 'Made a virtual machine.');
  },
});
