import { vmEntity } from '../../records/entity.js';
import { noArguments } from '../arguments.js';
import { onObject } from '../needs.js';
import { taskOperation } from '../operation.js';

/**
 * MarkAsTemplate: a VM that is off becomes a template, which is neither powered on nor changed. In the product it answers at
 * once; here it is a task like the others, so that it waits for its turn on the VM [ours O47]. Refuses with HypervisorError
 */
export const markAsTemplate = taskOperation<'VirtualMachine', Record<string, never>>({
  name: 'MarkAsTemplate',
  on: 'VirtualMachine',
  verb: 'vm.mark-as-template',
  about: 'Makes a VM that is off a template.',
  source: 'vSphere API, VirtualMachine',
  args: noArguments,
  needs: [onObject('VirtualMachine', 'VirtualMachine.Provisioning.MarkAsTemplate')],
  whileLocked: 'refused',
  run: async ({ hosts, watch, eventLog }, { object, user }) => {
    const host = await hosts.reach(object.host);
    await host.api.markAsTemplate(object.uuid);
    await watch.look(host, object.uuid);
    await eventLog.record({ type: 'com.vmware.vc.vm.VmConvertedToTemplateEvent', entity: vmEntity(object), user });
    return null;
  },
});
