import { snapshotNotFound } from '../api/faults.js';
import type { SnapshotRemoveSpec } from '../api/snapshot.js';
import type { WorkControl } from '../api/work-control.js';
import { removeAndConsolidate } from '../host/remove-and-consolidate.js';
import { snapshotAt, withChildren } from '../vm-home/snapshots/snapshot-list.js';
import { vmOperation } from './host-operation.js';

/**
 * Removes a snapshot, or it and all that rest on it, and puts together the links that it kept apart. The VM itself, running or
 * not, reads what it read before. Once the list is replaced the snapshot is gone, also where putting together fails.
 *
 * @throws HypervisorError VM_NOT_FOUND, SNAPSHOT_NOT_FOUND, VM_LOCKED, MIXED_KEYS, INVALID_POWER_STATE (suspended),
 *   FILE_LOCKED, NO_SPACE, CANCELED, every diagnosis of its files
 */
export const removeSnapshot = vmOperation<[spec: SnapshotRemoveSpec, control?: WorkControl], void>({
  vimName: 'VirtualMachineSnapshot.RemoveSnapshot_Task',
  changesInventory: false,
  perform: (host, vm, { id, removeChildren = false }, control = {}) =>
    removeAndConsolidate(host, vm, control, (list) => {
      if (snapshotAt(list, id) === null) throw snapshotNotFound(vm.name, id);
      return removeChildren ? withChildren(list, id) : new Set([id]);
    }),
});
