import { notSupported } from '../api/faults.js';
import type { SnapshotRemoveSpec } from '../api/snapshot.js';
import type { WorkControl } from '../api/work-control.js';
import { vmOperation } from './host-operation.js';

/** Not served yet. @throws HypervisorError NOT_SUPPORTED */
export const removeSnapshot = vmOperation<[spec: SnapshotRemoveSpec, control?: WorkControl], void>({
  vimName: 'VirtualMachineSnapshot.RemoveSnapshot_Task',
  changesInventory: false,
  perform: async () => {
    throw notSupported('snapshots', 'This host does not serve snapshots yet.');
  },
});
