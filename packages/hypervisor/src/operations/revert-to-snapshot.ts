import { notSupported } from '../api/faults.js';
import type { VmInfo } from '../api/vm.js';
import type { WorkControl } from '../api/work-control.js';
import { vmOperation } from './host-operation.js';

/** Not served yet. @throws HypervisorError NOT_SUPPORTED */
export const revertToSnapshot = vmOperation<[id: number, control?: WorkControl], VmInfo>({
  vimName: 'VirtualMachineSnapshot.RevertToSnapshot_Task',
  changesInventory: false,
  perform: async () => {
    throw notSupported('snapshots', 'This host does not serve snapshots yet.');
  },
});
