import { powerOnVm } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';

/** `vm.power-on`: vCenter powers a VM on, fetching its keys first where the host lacks them (PowerOnVM_Task). */
export const vmPowerOn = operationStep(powerOnVm, {
  example: 'vm.power-on: payroll',
});
