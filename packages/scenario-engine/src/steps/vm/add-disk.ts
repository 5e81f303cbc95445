import { diskSizeSchema, formatSize } from '@vcryptsim/lab';
import { SECTOR_SIZE_BYTES, sectorCount } from '@vcryptsim/ports';
import { z } from 'zod';
import { nameOrRef } from '../lab-arguments.js';
import { vmNamed } from '../named.js';
import { stepKind } from '../step-kind.js';
import { changeDisks } from './device-step.js';
import { diskPlaceShape } from './disk-place.js';
import { crypto } from './reconfigure.js';

/** `vm.add-disk`: gives a VM a new disk, full of zeros (ReconfigVM_Task). */
export const vmAddDisk = stepKind({
  verb: 'vm.add-disk',
  about: 'vCenter gives a VM a new disk, encrypted where its storage policy encrypts.',
  example: 'vm.add-disk: { vm: payroll, size: 64KiB, policy: VM Encryption Policy }',
  mainField: 'vm',
  args: (names) =>
    z.strictObject({
      vm: nameOrRef(names?.vms),
      size: diskSizeSchema,
      dataUnit: z.union([z.literal(512), z.literal(4096)]).optional(),
      provisioning: z.enum(['eagerZeroedThick', 'lazyZeroedThick', 'thin']).optional(),
      policy: nameOrRef(names?.policies).optional(),
      crypto: crypto.optional(),
      ...diskPlaceShape,
    }),
  plan: ({ vm }) => ({ uses: [vmNamed(vm)] }),
  run: async ({ vm, size, dataUnit, ...rest }, scene) => {
    const known = (await scene.world.vms.find(vm)).disks.map(({ uuid }) => uuid);
    const capacity = sectorCount(size / SECTOR_SIZE_BYTES);
    const disk = { capacity, ...(dataUnit !== undefined && { dataUnitSizeBytes: dataUnit }), ...defined(rest) };
    await changeDisks(vm, () => ({ addDisks: [disk] }), scene);
    await scene.world.vms.noteNewDisk(vm, known);
    return { facts: [`${vm} has a new disk of ${formatSize(size)}.`] };
  },
});

/** Without what is left out. */
function defined<Fields extends object>(fields: Fields): { [Name in keyof Fields]?: NonNullable<Fields[Name]> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof Fields]?: NonNullable<Fields[Name]> };
}
