import { createSnapshot } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';

/**
 * `vm.snapshot`: takes a snapshot of a VM, with the memory of a running one where asked (CreateSnapshot_Task). From then on
 * the observer knows what disks and memory held at that moment, to compare them after a revert.
 */
export const vmSnapshot = operationStep(createSnapshot, {
  example: 'vm.snapshot: { vm: payroll, name: before-update, memory: true }',
  facts: async (answer, { vm }, { vms }) => {
    const name = String(vm);
    const { id, hasMemory, disks, name: called } = await vms.snapshot(name, String(answer));
    await vms.noteSnapshot(name, id);
    const what = disks.length === 1 ? '1 disk' : `${disks.length} disks`;
    return [`Snapshot ${id} of ${name}, ${called}, froze ${what}${hasMemory ? ' and kept the memory' : ''}.`];
  },
});
