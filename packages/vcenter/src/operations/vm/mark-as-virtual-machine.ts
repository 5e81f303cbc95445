import { vmEntity } from '../../records/entity.js';
import { noArguments } from '../arguments.js';
import { onObject } from '../needs.js';
import { taskOperation } from '../operation.js';

/**
 * MarkAsVirtualMachine: a template becomes a virtual machine again. In the product it answers at once; here it is a task
 * like the others [ours O47]. Refuses with HypervisorError
 */
export const markAsVirtualMachine = taskOperation<'VirtualMachine', Record<string, never>>({
  name: 'MarkAsVirtualMachine',
  on: 'VirtualMachine',
  verb: 'vm.mark-as-virtual-machine',
  about: 'Makes a template a virtual machine again.',
  source: 'vSphere API, VirtualMachine',
  args: noArguments,
  needs: [onObject('VirtualMachine', 'VirtualMachine.Provisioning.MarkAsVM')],
  whileLocked: 'refused',
  run: async ({ hosts, watch, eventLog }, { object, user }) => {
    const host = await hosts.reach(object.host);
    await host.api.markAsVirtualMachine(object.uuid);
    await watch.look(host, object.uuid);
    await eventLog.record({ type: 'com.vmware.vc.vm.TemplateConvertedToVmEvent', entity: vmEntity(object), user });
    return null;
  },
});
