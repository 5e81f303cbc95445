import { renameHome } from '../host/rename-home.js';
import { vmOperation } from './host-operation.js';

/**
 * Makes a VM that is off a template: its VMX is a `.vmtx` from then on, and it is neither powered on nor changed. It may be
 * cloned.
 *
 * @throws HypervisorError VM_NOT_FOUND, NOT_SUPPORTED (a template), INVALID_POWER_STATE, VM_LOCKED, ALREADY_EXISTS, FILE_LOCKED
 */
export const markAsTemplate = vmOperation<[], void>({
  vimName: 'VirtualMachine.MarkAsTemplate',
  changesInventory: true,
  perform: async (host, vm) => {
    vm.checkNoTemplate('made one again');
    await renameHome(host, vm, 'vmtx', 'Made a template.');
  },
});
