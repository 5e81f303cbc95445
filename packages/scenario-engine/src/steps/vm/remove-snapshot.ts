import { removeSnapshot } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';
import { snapshotNamed, snapshotWord } from './snapshot-word.js';

/** `vm.remove-snapshot`: removes a snapshot of a VM, which stays as it is (RemoveSnapshot_Task). */
export const vmRemoveSnapshot = operationStep(removeSnapshot, {
  example: 'vm.remove-snapshot: { vm: payroll, snapshot: before-update }',
  words: { snapshot: snapshotWord },
  lookUp: snapshotNamed,
});
