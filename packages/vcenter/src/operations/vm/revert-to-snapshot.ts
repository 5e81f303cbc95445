import { z } from 'zod';
import type { UserName, VmRecord } from '../../database/schema.js';
import { vmEntity } from '../../records/entity.js';
import type { EventType } from '../../records/event-texts.js';
import { onObject } from '../needs.js';
import { taskOperation } from '../operation.js';
import type { OperationContext } from '../operation-context.js';
import { changeSnapshots, snapshotOf } from './snapshots/on-host.js';

/** Which snapshot to go back to. */
export interface RevertToSnapshotArguments {
  /** Its ID in its VM. */
  readonly snapshot: number;
}

/**
 * RevertToSnapshot_Task: makes a VM what it was when the snapshot was taken. In the product it is called on the snapshot,
 * an object of its own; here on its VM [ours O43].
 *
 * Refuses with VCenterError OBJECT_NOT_FOUND; HypervisorError
 */
export const revertToSnapshot = taskOperation<'VirtualMachine', RevertToSnapshotArguments>({
  name: 'RevertToSnapshot_Task',
  on: 'VirtualMachine',
  verb: 'vm.revert',
  about: 'Makes a VM what it was when a snapshot of it was taken.',
  source: 'facts/vsphere-formats.md Q9 and Q12; vSphere API, VirtualMachineSnapshot',
  args: z.strictObject({ snapshot: z.number().int().nonnegative() }),
  needs: [onObject('VirtualMachine', 'VirtualMachine.State.RevertToSnapshot')],
  whileLocked: 'refused',
  run: async (context, { args, object, user, signal, progress }) => {
    await changeSnapshots(context, object, user, async (api, before) => {
      const { id, name } = snapshotOf(before, args.snapshot, object.name);
      const record = (type: EventType) => recordRevert(context, type, object, user, { id, name });
      try {
        await api.revertToSnapshot(object.uuid, id, { signal, onProgress: progress });
      } catch (error) {
        await record('com.vmware.vc.vm.VmStateFailedToRevertToSnapshot');
        throw error;
      }
      await record('com.vmware.vc.vm.VmStateRevertedToSnapshot');
    });
    return null;
  },
});

/** The event with the arguments that the product gives it (facts/vsphere-formats.md Q9). */
async function recordRevert(
  { eventLog }: OperationContext,
  type: EventType,
  vm: VmRecord,
  user: UserName,
  { id, name }: { readonly id: number; readonly name: string },
): Promise<void> {
  const values = { snapshotName: name, snapshotId: String(id) };
  await eventLog.record({ type, entity: vmEntity(vm), user, arguments: values, detail: `${name}, with ID ${id}` });
}
