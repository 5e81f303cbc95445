import type { SnapshotCreateSpec } from '@vcryptsim/hypervisor/api';
import { z } from 'zod';
import { nameArgument } from '../arguments.js';
import { onObject } from '../needs.js';
import { taskOperation } from '../operation.js';
import { refuseUnsealedMemory } from './snapshots/memory-save.js';
import { changeSnapshots } from './snapshots/on-host.js';

/**
 * CreateSnapshot_Task: freezes the disks of a VM, and the memory of a running one where asked. The new links have the
 * keys of those below them, so nothing is asked of a key provider, and no privilege of group Cryptographer is needed
 * (facts/vsphere-rules.md section 11).
 *
 * Its result is the snapshot's ID in its VM. Refuses with VCenterError HOST_NOT_CAPABLE for the memory of an encrypted VM
 * on ESXi 6.5; HypervisorError such as NO_SPACE, MIXED_KEYS
 */
export const createSnapshot = taskOperation<'VirtualMachine', SnapshotCreateSpec>({
  name: 'CreateSnapshot_Task',
  on: 'VirtualMachine',
  verb: 'vm.snapshot',
  about: 'Takes a snapshot of a VM, with the memory of a running one where asked.',
  source: 'facts/vsphere-formats.md Q12; vSphere API, VirtualMachine',
  args: z.strictObject({
    name: nameArgument<string>(),
    description: z.string().optional(),
    memory: z.boolean().optional(),
  }) as z.ZodType<SnapshotCreateSpec>,
  needs: [onObject('VirtualMachine', 'VirtualMachine.State.CreateSnapshot')],
  whileLocked: 'refused',
  run: async (context, { args, object, user, signal, progress }) => {
    const host = await context.hosts.reach(object.host);
    const { powerState } = await host.api.vm(object.uuid);
    if (args.memory && powerState === 'poweredOn') refuseUnsealedMemory(host, object, 'keep the memory');
    const { id } = await changeSnapshots(context, object, user, (api) =>
      api.createSnapshot(object.uuid, args, { signal, onProgress: progress }),
    );
    return String(id);
  },
});
