import { vmEntity } from '../../records/entity.js';
import { noArguments } from '../arguments.js';
import { onObject } from '../needs.js';
import { taskOperation } from '../operation.js';

/** PowerOffVM_Task: a hard power-off. Refuses with VCenterError HOST_NOT_CONNECTED; HypervisorError INVALID_POWER_STATE */
export const powerOffVm = taskOperation<'VirtualMachine', Record<string, never>>({
  name: 'PowerOffVM_Task',
  on: 'VirtualMachine',
  verb: 'vm.power-off',
  about: 'Powers a VM off at once.',
  source: 'facts/vim-api.md section 3',
  args: noArguments,
  needs: [onObject('VirtualMachine', 'VirtualMachine.Interact.PowerOff')],
  whileLocked: 'allowed',
  run: async ({ hosts, watch, eventLog }, { object, user }) => {
    const host = await hosts.reach(object.host);
    await host.api.powerOffVm(object.uuid);
    await watch.look(host, object.uuid);
    await eventLog.record({ type: 'vim.event.VmPoweredOffEvent', entity: vmEntity(object), user });
    return null;
  },
});
