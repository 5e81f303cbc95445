import type { WorkControl } from '../api/work-control.js';
import { removeAndConsolidate } from '../host/remove-and-consolidate.js';
import { vmOperation } from './host-operation.js';

/**
 * Puts together the links of a VM that no snapshot keeps apart; where there are none nothing is changed.
 *
 * @throws HypervisorError VM_NOT_FOUND, VM_LOCKED, MIXED_KEYS, INVALID_POWER_STATE (suspended), FILE_LOCKED, NO_SPACE,
 *   CANCELED, every diagnosis of its files
 */
export const consolidateDisks = vmOperation<[control?: WorkControl], void>({
  vimName: 'VirtualMachine.ConsolidateVMDisks_Task',
  changesInventory: false,
  perform: (host, vm, control = {}) => removeAndConsolidate(host, vm, control, () => new Set()),
});
