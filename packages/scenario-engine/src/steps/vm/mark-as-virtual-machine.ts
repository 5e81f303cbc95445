import { markAsVirtualMachine } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';

/** `vm.mark-as-virtual-machine`: makes a template a virtual machine again (MarkAsVirtualMachine). */
export const vmMarkAsVirtualMachine = operationStep(markAsVirtualMachine, {
  example: 'vm.mark-as-virtual-machine: payroll',
});
