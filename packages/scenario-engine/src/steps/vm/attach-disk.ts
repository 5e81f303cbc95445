import { z } from 'zod';
import { nameOrRef } from '../lab-arguments.js';
import { vmNamed } from '../named.js';
import { stepKind } from '../step-kind.js';
import { changeDisks } from './device-step.js';
import { diskPlaceShape } from './disk-place.js';

/** `vm.attach-disk`: gives a VM a disk that is there and that no VM has (ReconfigVM_Task). */
export const vmAttachDisk = stepKind({
  verb: 'vm.attach-disk',
  about:
    'vCenter gives a VM a disk that is there; it keeps its keys, and has the storage policy that is named here or none.',
  example: "vm.attach-disk: { vm: payroll, path: '[datastore1] payroll/payroll_1.vmdk' }",
  mainField: 'vm',
  args: (names) =>
    z.strictObject({
      vm: nameOrRef(names?.vms),
      path: z.string().regex(/^\[[^\]]+\] .+\.vmdk$/, "a path is as '[datastore1] payroll/payroll.vmdk'"),
      policy: nameOrRef(names?.policies).optional(),
      ...diskPlaceShape,
    }),
  plan: ({ vm }) => ({ uses: [vmNamed(vm)] }),
  run: async ({ vm, path, ...rest }, scene) => {
    const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
    await changeDisks(vm, () => ({ addDisks: [{ existing: path, ...given }] }), scene);
    await scene.world.vms.find(vm);
    return { facts: [`${vm} has the disk ${path}.`] };
  },
});
