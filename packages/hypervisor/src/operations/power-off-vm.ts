import { HypervisorError } from '../api/errors.js';
import { invalidPowerState } from '../api/faults.js';
import { releaseVmLock } from '../datastore/vm-lock.js';
import type { HostContext } from '../host/host-context.js';
import { loadConfig, lockIfKeyless } from '../host/refresh-vm.js';
import type { RegisteredVm } from '../host/registered-vm.js';
import { checkSettled, settleVm } from '../host/settle-vm.js';
import { whileLocked } from '../host/while-locked.js';
import { dropState } from '../vm-home/suspended-state.js';
import { appendLog } from '../vm-home/vm-log.js';
import { vmOperation } from './host-operation.js';

/**
 * Powers a VM off as pulling its plug does; what the guest had flushed is durable. When its home key has left the cache
 * meanwhile, the VM is locked from now on. Of a suspended VM the saved memory is dropped: it is off then.
 *
 * @throws HypervisorError VM_NOT_FOUND, INVALID_POWER_STATE
 */
export const powerOffVm = vmOperation<[], void>({
  vimName: 'VirtualMachine.PowerOffVM_Task',
  changesInventory: false,
  perform: async (host, vm) => {
    const { running } = vm;
    if (running === null) return discardState(host, vm);
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

async function discardState(host: HostContext, vm: RegisteredVm): Promise<void> {
  if (vm.powerState !== 'suspended') throw invalidPowerState(vm.name, vm.powerState);
  checkSettled(vm);
  const { folder } = await loadConfig(host, vm);
  await whileLocked(host, vm, folder, 'Powered off; the saved memory was dropped.', async () => {
    const config = await settleVm(host, vm, await loadConfig(host, vm));
    if (config.stateFileName !== null) await dropState(config, host);
  });
  host.events.emit({ type: 'VM_POWERED_OFF', vm: vm.uuid });
}
