import { notSupported } from '../api/faults.js';
import { vmOperation } from './host-operation.js';

/** Not served yet. @throws HypervisorError NOT_SUPPORTED */
export const suspendVm = vmOperation<[], void>({
  vimName: 'VirtualMachine.SuspendVM_Task',
  changesInventory: false,
  perform: async () => {
    throw notSupported('suspending', 'This host does not serve suspending yet.');
  },
});
