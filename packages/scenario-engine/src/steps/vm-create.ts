import { formatSize } from '@vcryptsim/lab';
import { vmNameSchema } from './lab-arguments.js';
import { stepKind } from './step-kind.js';

/** `vm.create`: vCenter makes a VM of the lab; with an encryption policy it has a KEK made first (CreateVM_Task). */
export const vmCreate = stepKind({
  verb: 'vm.create',
  about: 'vCenter creates a VM of the lab; an image fills its disk through the IO filter.',
  example: 'vm.create: payroll',
  mainField: 'vm',
  args: vmNameSchema,
  plan: (name) => ({ creates: name }),
  run: async (name, { world, audience, session }) => {
    const onProgress = (done: number, total: number) => audience.progress(`filling ${name}`, done, total);
    const vm = await world.vms.create(name, onProgress, session());
    const what = vm.encrypted ? 'encrypted' : 'plain';
    return { facts: [`${name} has one ${what} disk of ${formatSize(vm.capacityBytes)}.`] };
  },
});
