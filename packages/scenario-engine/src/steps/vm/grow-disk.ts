import { diskSizeSchema, formatSize } from '@vcryptsim/lab';
import { SECTOR_SIZE_BYTES, sectorCount } from '@vcryptsim/ports';
import { z } from 'zod';
import { nameOrRef } from '../lab-arguments.js';
import { vmNamed } from '../named.js';
import { stepKind } from '../step-kind.js';
import { changeDisks } from './device-step.js';
import { diskNumber } from './guest-data.js';

/** `vm.grow-disk`: makes a disk of a VM larger; what is new holds zeros (ReconfigVM_Task). */
export const vmGrowDisk = stepKind({
  verb: 'vm.grow-disk',
  about: 'vCenter makes a disk of a VM larger.',
  example: 'vm.grow-disk: { vm: payroll, disk: 1, size: 128MiB }',
  mainField: 'vm',
  args: (names) => z.strictObject({ vm: nameOrRef(names?.vms), disk: diskNumber, size: diskSizeSchema }),
  plan: ({ vm }) => ({ uses: [vmNamed(vm)] }),
  run: async ({ vm, disk, size }, scene) => {
    const capacity = sectorCount(size / SECTOR_SIZE_BYTES);
    await changeDisks(vm, (keyOf) => ({ growDisks: [{ deviceKey: keyOf(disk), capacity }] }), scene);
    await scene.world.vms.find(vm);
    return { facts: [`Disk ${disk} of ${vm} has ${formatSize(size)} now.`] };
  },
});
