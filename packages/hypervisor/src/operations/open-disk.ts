import { diskNotFound, invalidPowerState } from '../api/faults.js';
import { type GuestDisk, openGuestDisk } from '../disk/guest-disk.js';
import { requireUnlocked } from '../host/refresh-vm.js';
import { vmOperation } from './host-operation.js';

/**
 * Opens a disk as the guest of a powered-on VM does.
 *
 * @throws HypervisorError VM_NOT_FOUND, VM_LOCKED, INVALID_POWER_STATE, DISK_NOT_FOUND
 */
export const openDisk = vmOperation<[deviceKey: number], GuestDisk>({
  vimName: null,
  changesInventory: false,
  perform: async (host, vm, deviceKey) => {
    await requireUnlocked(host, vm);
    if (vm.running === null) throw invalidPowerState(vm.name, 'poweredOff');
    const disk = vm.running.disk(deviceKey);
    if (disk === undefined) throw diskNotFound(vm.name, deviceKey);
    return openGuestDisk(disk, host.life);
  },
});
