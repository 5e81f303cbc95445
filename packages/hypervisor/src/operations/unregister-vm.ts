import { vmOperation } from './host-operation.js';

/**
 * Forgets a powered-off VM, locked or not; its files stay.
 *
 * @throws HypervisorError VM_NOT_FOUND, INVALID_POWER_STATE
 */
export const unregisterVm = vmOperation<[], void>({
  vimName: 'VirtualMachine.UnregisterVM',
  changesInventory: true,
  perform: async (host, vm) => {
    vm.checkNotRunning();
    await host.inventory.remove(vm.uuid);
    host.events.emit({ type: 'VM_UNREGISTERED', vm: vm.uuid });
  },
});
