import { suspendVm } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';

/** `vm.suspend`: suspends a running VM; the next `vm.power-on` goes on from there (SuspendVM_Task). */
export const vmSuspend = operationStep(suspendVm, {
  example: 'vm.suspend: payroll',
});
