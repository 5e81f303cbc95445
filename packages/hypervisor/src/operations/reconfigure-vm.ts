import { notSupported } from '../api/faults.js';
import type { VmReconfigureSpec } from '../api/reconfigure.js';
import type { VmInfo } from '../api/vm.js';
import type { WorkControl } from '../api/work-control.js';
import { vmOperation } from './host-operation.js';

/** Encrypts, decrypts or recrypts VM home and disks, together. */
export const reconfigureVm = vmOperation<[spec: VmReconfigureSpec, control?: WorkControl], VmInfo>({
  vimName: 'VirtualMachine.ReconfigVM_Task',
  changesInventory: false,
  perform: async () => {
    throw notSupported('reconfigure', 'This is being built.');
  },
});
