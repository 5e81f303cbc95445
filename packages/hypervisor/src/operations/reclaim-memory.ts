import { invalidArgument, invalidPowerState } from '../api/faults.js';
import { vmOperation } from './host-operation.js';

/**
 * Takes memory from a running VM, as a host does that has too little: pages go into the VM's swap file, and come back when the
 * guest uses them.
 *
 * @param pageCount pages of 4 KiB at most
 * @returns how many went
 * @throws HypervisorError VM_NOT_FOUND, INVALID_POWER_STATE, INVALID_ARGUMENT, NO_SPACE, FILE_INACCESSIBLE
 */
export const reclaimMemory = vmOperation<[pageCount: number], number>({
  vimName: null,
  changesInventory: false,
  perform: async (_host, vm, pageCount) => {
    if (!Number.isSafeInteger(pageCount) || pageCount < 1) {
      throw invalidArgument('pageCount', 'The number of pages to reclaim is a whole number from 1 on.');
    }
    if (vm.running === null) throw invalidPowerState(vm.name, 'poweredOff');
    return vm.running.memory.reclaim(pageCount);
  },
});
