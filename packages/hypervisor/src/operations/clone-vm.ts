import type { VmCloneResult, VmCloneSpec } from '../api/clone.js';
import { notSupported } from '../api/faults.js';
import type { WorkControl } from '../api/work-control.js';
import { vmOperation } from './host-operation.js';

/** Not served yet. @throws HypervisorError NOT_SUPPORTED */
export const cloneVm = vmOperation<[spec: VmCloneSpec, control?: WorkControl], VmCloneResult>({
  vimName: 'VirtualMachine.CloneVM_Task',
  changesInventory: false,
  perform: async () => {
    throw notSupported('cloning', 'This host does not serve cloning yet.');
  },
});
