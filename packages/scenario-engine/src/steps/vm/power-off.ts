import { powerOffVm } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';

/** `vm.power-off`: vCenter powers a VM off (PowerOffVM_Task). */
export const vmPowerOff = operationStep(powerOffVm, {
  example: 'vm.power-off: payroll',
});
