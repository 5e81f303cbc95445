import { noArguments } from '../arguments.js';
import { onObject } from '../needs.js';
import { taskOperation } from '../operation.js';
import { changeSnapshots } from './snapshots/on-host.js';

/** RemoveAllSnapshots_Task: forgets every snapshot of a VM, which stays as it is. Refuses with HypervisorError */
export const removeAllSnapshots = taskOperation<'VirtualMachine', Record<string, never>>({
  name: 'RemoveAllSnapshots_Task',
  on: 'VirtualMachine',
  verb: 'vm.remove-all-snapshots',
  about: 'Removes every snapshot of a VM; the VM stays as it is.',
  source: 'facts/vim-api.md section 3; vSphere API, VirtualMachine',
  args: noArguments,
  needs: [onObject('VirtualMachine', 'VirtualMachine.State.RemoveSnapshot')],
  whileLocked: 'refused',
  run: async (context, { object, user, signal, progress }) => {
    const control = { signal, onProgress: progress };
    await changeSnapshots(context, object, user, (api) => api.removeAllSnapshots(object.uuid, control));
    return null;
  },
});
