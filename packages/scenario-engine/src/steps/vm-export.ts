import { oneOf } from '@vcryptsim/lab';
import { z } from 'zod';
import { stepKind } from './step-kind.js';

/** `vm.export`: writes a clear copy of a powered-off VM's disk (flat VMDK) into the run's exports folder. */
export const vmExport = stepKind({
  verb: 'vm.export',
  about: "Writes a clear copy of a powered-off VM's disk into the run's exports folder.",
  example: 'vm.export: { vm: payroll, name: payroll-clear }',
  mainField: 'vm',
  args: (names) => {
    const vm = oneOf(names?.vms);
    const name = z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, 'a name has letters, digits, dashes, underscores');
    return z.union([
      vm.transform((one) => ({ vm: one, name: one })),
      z.strictObject({ vm, name: name.optional() }).transform((args) => ({ vm: args.vm, name: args.name ?? args.vm })),
    ]);
  },
  plan: ({ vm }) => ({ uses: [vm] }),
  run: async ({ vm: vmName, name }, { world, audience }) => {
    const vm = world.vms.get(vmName);
    const target = { folder: world.folder.exports, name };
    const host = world.vms.running(vmName);
    const { descriptorPath } = await host.exportDisk(vm.uuid, vm.deviceKey, target, (done, total) =>
      audience.progress(`exporting ${vmName}`, done, total),
    );
    return { facts: [`A clear copy of ${vmName}'s disk is ${descriptorPath}.`] };
  },
});
