import { notSupported } from '../api/faults.js';
import type { SnapshotList } from '../api/snapshot.js';
import { vmOperation } from './host-operation.js';

/** Not served yet. @throws HypervisorError NOT_SUPPORTED */
export const snapshots = vmOperation<[], SnapshotList>({
  vimName: 'VirtualMachine.snapshot',
  changesInventory: false,
  perform: async () => {
    throw notSupported('snapshots', 'This host does not serve snapshots yet.');
  },
});
