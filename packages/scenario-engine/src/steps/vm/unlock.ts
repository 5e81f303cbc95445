import { cryptoUnlockVm } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';

/** `vm.unlock`: an administrator asks vCenter to fetch the keys of a locked VM now (CryptoUnlock_Task). */
export const vmUnlock = operationStep(cryptoUnlockVm, {
  example: 'vm.unlock: payroll',
});
