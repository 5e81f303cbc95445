import { z } from 'zod';
import { onObject } from '../needs.js';
import { taskOperation } from '../operation.js';
import { changeSnapshots, snapshotOf } from './snapshots/on-host.js';

/** Which snapshot goes. */
export interface RemoveSnapshotArguments {
  /** Its ID in its VM. */
  readonly snapshot: number;
  /** Also all that rest on it. Default: false. */
  readonly removeChildren?: boolean;
}

/**
 * RemoveSnapshot_Task: forgets a snapshot and puts together the links that it kept apart; the VM stays as it is. In the
 * product it is called on the snapshot, an object of its own; here on its VM [ours O43].
 *
 * Refuses with VCenterError OBJECT_NOT_FOUND; HypervisorError
 */
export const removeSnapshot = taskOperation<'VirtualMachine', RemoveSnapshotArguments>({
  name: 'RemoveSnapshot_Task',
  on: 'VirtualMachine',
  verb: 'vm.remove-snapshot',
  about: 'Removes a snapshot of a VM; the VM stays as it is.',
  source: 'vSphere API, VirtualMachineSnapshot',
  args: z.strictObject({
    snapshot: z.number().int().nonnegative(),
    removeChildren: z.boolean().optional(),
  }) as z.ZodType<RemoveSnapshotArguments>,
  needs: [onObject('VirtualMachine', 'VirtualMachine.State.RemoveSnapshot')],
  whileLocked: 'refused',
  run: async (context, { args, object, user, signal, progress }) => {
    await changeSnapshots(context, object, user, (api, before) => {
      const { id } = snapshotOf(before, args.snapshot, object.name);
      const spec = { id, removeChildren: args.removeChildren ?? false };
      return api.removeSnapshot(object.uuid, spec, { signal, onProgress: progress });
    });
    return null;
  },
});
