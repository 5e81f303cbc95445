import { consolidateVmDisks } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';

/** `vm.consolidate`: puts together the links of disks that no snapshot needs (ConsolidateVMDisks_Task). */
export const vmConsolidate = operationStep(consolidateVmDisks, {
  example: 'vm.consolidate: payroll',
});
