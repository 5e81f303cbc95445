import { vmEntity } from '../../records/entity.js';
import { noArguments } from '../arguments.js';
import { onObject } from '../needs.js';
import { taskOperation } from '../operation.js';
import { refuseUnsealedMemory } from './snapshots/memory-save.js';

/**
 * SuspendVM_Task: has the memory of a running VM written into its folder, sealed where the VM is encrypted, and the VM
 * ended; the next power on goes on from there.
 *
 * Refuses with VCenterError HOST_NOT_CAPABLE for an encrypted VM on ESXi 6.5; HypervisorError INVALID_POWER_STATE
 */
export const suspendVm = taskOperation<'VirtualMachine', Record<string, never>>({
  name: 'SuspendVM_Task',
  on: 'VirtualMachine',
  verb: 'vm.suspend',
  about: 'Suspends a running VM: its memory is kept in its folder until it is powered on again.',
  source: 'facts/vim-api.md section 3; facts/vsphere-formats.md Q12',
  args: noArguments,
  needs: [onObject('VirtualMachine', 'VirtualMachine.Interact.Suspend')],
  whileLocked: 'refused',
  run: async ({ hosts, watch, eventLog }, { object, user }) => {
    const host = await hosts.reach(object.host);
    refuseUnsealedMemory(host, object, 'write the memory');
    await host.api.suspendVm(object.uuid);
    await watch.look(host, object.uuid);
    await eventLog.record({ type: 'vim.event.VmSuspendedEvent', entity: vmEntity(object), user });
    return null;
  },
});
