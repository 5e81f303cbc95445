import { notSupported } from '../api/faults.js';
import { vmOperation } from './host-operation.js';

/** Not served yet. @throws HypervisorError NOT_SUPPORTED */
export const markAsVirtualMachine = vmOperation<[], void>({
  vimName: 'VirtualMachine.MarkAsVirtualMachine',
  changesInventory: false,
  perform: async () => {
    throw notSupported('templates', 'This host does not serve templates yet.');
  },
});
