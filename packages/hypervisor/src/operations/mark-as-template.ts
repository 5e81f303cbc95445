import { notSupported } from '../api/faults.js';
import { vmOperation } from './host-operation.js';

/** Not served yet. @throws HypervisorError NOT_SUPPORTED */
export const markAsTemplate = vmOperation<[], void>({
  vimName: 'VirtualMachine.MarkAsTemplate',
  changesInventory: false,
  perform: async () => {
    throw notSupported('templates', 'This host does not serve templates yet.');
  },
});
