import type { SnapshotList } from '@vcryptsim/lab';
import { vmNameSchema } from '../lab-arguments.js';
import { vmNamed } from '../named.js';
import { stepKind } from '../step-kind.js';

/** `vm.snapshots`: lists the snapshots of a VM, as its host has them. */
export const vmSnapshots = stepKind({
  verb: 'vm.snapshots',
  about: 'Lists the snapshots of a VM, the current one marked.',
  example: 'vm.snapshots: payroll',
  mainField: 'vm',
  args: vmNameSchema,
  plan: (vm) => ({ uses: [vmNamed(vm)] }),
  run: async (vm, { world }) => ({ facts: factsOf(vm, await world.vms.snapshots(vm)) }),
});

function factsOf(vm: string, { snapshots, currentId, consolidationNeeded }: SnapshotList): readonly string[] {
  const lines = snapshots.map(({ id, name, parentId, hasMemory }) => {
    const on = parentId === null ? '' : ` on ${parentId}`;
    const memory = hasMemory ? ', with memory' : '';
    return `Snapshot ${id}${on}: ${name}${memory}${id === currentId ? ', the current one' : ''}.`;
  });
  const none = snapshots.length === 0 ? [`${vm} has no snapshot.`] : [];
  return [...none, ...lines, ...(consolidationNeeded ? [`The disks of ${vm} need to be consolidated.`] : [])];
}
