import { HypervisorError } from '../api/errors.js';
import { invalidPowerState } from '../api/faults.js';
import { releaseVmLock } from '../datastore/vm-lock.js';
import { lockIfKeyless } from '../host/refresh-vm.js';
import { appendLog } from '../vm-home/vm-log.js';
import { vmOperation } from './host-operation.js';

/**
 * Powers a VM off as pulling its plug does; what the guest had flushed is durable. When its home key has left the cache
 * meanwhile, the VM is locked from now on.
 *
 * @throws HypervisorError VM_NOT_FOUND, INVALID_POWER_STATE
 */
export const powerOffVm = vmOperation<[], void>({
  vimName: 'VirtualMachine.PowerOffVM_Task',
  changesInventory: false,
  perform: async (host, vm) => {
    const { running } = vm;
    if (running === null) throw invalidPowerState(vm.name, 'poweredOff');
    // The power is off from here on, whatever a file call says: the keys are gone.
    vm.note({ running: null });
    const stopped = running.stop();
    await stopped.catch(() => {});
    host.events.emit({ type: 'VM_POWERED_OFF', vm: vm.uuid });
    lockIfKeyless(host, vm);
    try {
      await stopped;
      if (vm.config !== null) await appendLog(vm.config.folder, host.clock, 'Powered off.');
    } catch (error) {
      // Then it was another host's already, and is off here.
      if (!(error instanceof HypervisorError && error.code === 'FILE_LOCK_LOST')) throw error;
    } finally {
      if (vm.config !== null) await releaseVmLock(vm.config.folder, vm.path.fileName, host);
    }
  },
});
