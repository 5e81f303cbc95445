import { markAsTemplate } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';

/** `vm.mark-as-template`: makes a VM that is off a template (MarkAsTemplate). */
export const vmMarkAsTemplate = operationStep(markAsTemplate, {
  example: 'vm.mark-as-template: payroll',
});
