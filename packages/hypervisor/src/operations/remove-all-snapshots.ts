import type { WorkControl } from '../api/work-control.js';
import { removeAndConsolidate } from '../host/remove-and-consolidate.js';
import { vmOperation } from './host-operation.js';

/**
 * Removes all snapshots of a VM and puts its disks together; one that has none stays as it is.
 *
 * @throws HypervisorError VM_NOT_FOUND, VM_LOCKED, MIXED_KEYS, INVALID_POWER_STATE (suspended), FILE_LOCKED, NO_SPACE,
 *   CANCELED, every diagnosis of its files
 */
export const removeAllSnapshots = vmOperation<[control?: WorkControl], void>({
  vimName: 'VirtualMachine.RemoveAllSnapshots_Task',
  changesInventory: false,
  perform: (host, vm, control = {}) =>
    removeAndConsolidate(host, vm, control, ({ snapshots }) => new Set(snapshots.map(({ uid }) => uid))),
});
