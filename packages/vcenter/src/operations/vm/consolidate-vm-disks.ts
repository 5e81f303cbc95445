import { vmEntity } from '../../records/entity.js';
import { noArguments } from '../arguments.js';
import { onObject } from '../needs.js';
import { taskOperation } from '../operation.js';
import { changeSnapshots } from './snapshots/on-host.js';

/**
 * ConsolidateVMDisks_Task: puts together the links of disks that no snapshot needs. It is called where the removal of a
 * snapshot did not get that far (runtime.consolidationNeeded). Refuses with HypervisorError
 */
export const consolidateVmDisks = taskOperation<'VirtualMachine', Record<string, never>>({
  name: 'ConsolidateVMDisks_Task',
  on: 'VirtualMachine',
  verb: 'vm.consolidate',
  about: 'Puts together the links of disks that no snapshot of the VM needs.',
  source: 'facts/vsphere-formats.md Q9; vSphere API, VirtualMachine',
  args: noArguments,
  needs: [onObject('VirtualMachine', 'VirtualMachine.State.RemoveSnapshot')],
  whileLocked: 'refused',
  run: async (context, { object, user, signal, progress }) => {
    const entity = vmEntity(object);
    await changeSnapshots(context, object, user, async (api) => {
      try {
        await api.consolidateDisks(object.uuid, { signal, onProgress: progress });
      } catch (error) {
        await context.eventLog.record({ type: 'com.vmware.vc.VmDiskFailedToConsolidateEvent', entity, user });
        throw error;
      }
      await context.eventLog.record({ type: 'com.vmware.vc.VmDiskConsolidatedEvent', entity, user });
    });
    return null;
  },
});
