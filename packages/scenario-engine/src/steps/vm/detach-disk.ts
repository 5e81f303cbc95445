import { z } from 'zod';
import { nameOrRef } from '../lab-arguments.js';
import { vmNamed } from '../named.js';
import { stepKind } from '../step-kind.js';
import { changeDisks } from './device-step.js';
import { diskNumber } from './guest-data.js';

/** `vm.detach-disk`: takes a disk from a VM; its files stay unless they are to go (ReconfigVM_Task). */
export const vmDetachDisk = stepKind({
  verb: 'vm.detach-disk',
  about: 'vCenter takes a disk from a VM. Its files stay, unless `destroy` says that they go too.',
  example: 'vm.detach-disk: { vm: payroll, disk: 1 }',
  mainField: 'vm',
  args: (names) => z.strictObject({ vm: nameOrRef(names?.vms), disk: diskNumber, destroy: z.boolean().default(false) }),
  plan: ({ vm }) => ({ uses: [vmNamed(vm)] }),
  run: async ({ vm, disk, destroy }, scene) => {
    const { world } = scene;
    const fileName = (await world.vms.now(vm))?.disks[disk - 1]?.fileName;
    // What is known of its content is kept, for the VM that will have it.
    await world.vms.find(vm);
    await changeDisks(vm, (keyOf) => ({ removeDisks: [{ deviceKey: keyOf(disk), destroy }] }), scene);
    await world.vms.find(vm);
    return {
      facts: [`${vm} has lost ${fileName ?? `disk ${disk}`}; its files ${destroy ? 'are gone' : 'are there'}.`],
    };
  },
});
