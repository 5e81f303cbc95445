import { invalidPowerState } from '../api/faults.js';
import { requireUnlocked } from '../host/refresh-vm.js';
import type { GuestMemoryPort } from '../memory/attached-memory.js';
import { vmOperation } from './host-operation.js';

/**
 * Opens the memory of a powered-on VM as its guest does.
 *
 * @throws HypervisorError VM_NOT_FOUND, VM_LOCKED, INVALID_POWER_STATE
 */
export const openMemory = vmOperation<[], GuestMemoryPort>({
  vimName: null,
  changesInventory: false,
  perform: async (host, vm) => {
    await requireUnlocked(host, vm);
    if (vm.running === null) throw invalidPowerState(vm.name, 'poweredOff');
    return vm.running.memory.open(host.life);
  },
});
