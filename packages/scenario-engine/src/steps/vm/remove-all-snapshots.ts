import { removeAllSnapshots } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';

/** `vm.remove-all-snapshots`: removes every snapshot of a VM, which stays as it is (RemoveAllSnapshots_Task). */
export const vmRemoveAllSnapshots = operationStep(removeAllSnapshots, {
  example: 'vm.remove-all-snapshots: payroll',
});
