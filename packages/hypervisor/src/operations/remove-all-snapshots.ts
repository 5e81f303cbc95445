import { notSupported } from '../api/faults.js';
import type { WorkControl } from '../api/work-control.js';
import { vmOperation } from './host-operation.js';

/** Not served yet. @throws HypervisorError NOT_SUPPORTED */
export const removeAllSnapshots = vmOperation<[control?: WorkControl], void>({
  vimName: 'VirtualMachine.RemoveAllSnapshots_Task',
  changesInventory: false,
  perform: async () => {
    throw notSupported('snapshots', 'This host does not serve snapshots yet.');
  },
});
