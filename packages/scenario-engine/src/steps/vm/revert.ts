import { revertToSnapshot } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';
import { maybeSnapshotWord, snapshotNamed } from './snapshot-word.js';

/**
 * `vm.revert`: makes a VM what it was when a snapshot was taken (RevertToSnapshot_Task). From then on `vm.digest` wants of
 * its disks what they held then.
 */
export const vmRevert = operationStep(revertToSnapshot, {
  example: 'vm.revert: { vm: payroll, snapshot: before-update }',
  words: { snapshot: maybeSnapshotWord },
  lookUp: snapshotNamed,
  facts: async (_, fields, world) => {
    const name = String(fields.vm);
    // After a revert the snapshot is the current one, whatever it is called.
    const { id, name: called } = await world.vms.snapshot(name);
    await world.vms.noteRevert(name, id);
    return [`${name} is what it was at snapshot ${id}, ${called}.`];
  },
});
