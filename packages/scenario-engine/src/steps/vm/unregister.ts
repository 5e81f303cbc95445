import { unregisterVm } from '@vcryptsim/lab/catalogue';
import { vmNamed } from '../named.js';
import { operationStep } from '../operation/operation-step.js';

/** `vm.unregister`: takes a VM out of the inventory; its files stay (UnregisterVM). */
export const vmUnregister = operationStep(unregisterVm, {
  example: 'vm.unregister: payroll',
  drops: ({ vm }) => [vmNamed(String(vm))],
});
