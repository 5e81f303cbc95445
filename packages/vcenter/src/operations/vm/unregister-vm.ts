import { vmEntity } from '../../records/entity.js';
import { noArguments } from '../arguments.js';
import { onObject } from '../needs.js';
import { taskOperation } from '../operation.js';

/**
 * UnregisterVM: forgets a powered-off or locked VM; its files and its keys at the key server stay. In the product it
 * answers at once; here it is a task like the others, so that it waits for its turn on the VM [ours].
 */
export const unregisterVm = taskOperation<'VirtualMachine', Record<string, never>>({
  name: 'UnregisterVM',
  on: 'VirtualMachine',
  verb: 'vm.unregister',
  about: 'Takes a VM out of the inventory; its files stay.',
  source: 'facts/vsphere-rules.md section 6',
  args: noArguments,
  needs: [onObject('VirtualMachine', 'VirtualMachine.Inventory.Unregister')],
  whileLocked: 'allowed',
  run: async (context, { object, user }) => {
    const { api } = await context.hosts.reach(object.host);
    await api.unregisterVm(object.uuid);
    await context.watch.forget(object);
    await context.inventory.removeVm(object.id);
    await context.eventLog.record({ type: 'vim.event.VmRemovedEvent', entity: vmEntity(object), user });
    return null;
  },
});
