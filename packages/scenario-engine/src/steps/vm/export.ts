import { z } from 'zod';
import { nameOrRef } from '../lab-arguments.js';
import { vmNamed } from '../named.js';
import { stepKind } from '../step-kind.js';
import { diskNumber } from './guest-data.js';

/** `vm.export`: writes a clear copy of a powered-off VM's disk (flat VMDK) into the run's exports folder. */
export const vmExport = stepKind({
  verb: 'vm.export',
  about: "Writes a clear copy of a powered-off VM's disk into the run's exports folder.",
  example: 'vm.export: { vm: payroll, name: payroll-clear }',
  mainField: 'vm',
  args: (names) => {
    const vm = nameOrRef(names?.vms);
    const name = z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, 'a name has letters, digits, dashes, underscores');
    return z.union([
      vm.transform((one) => ({ vm: one, disk: 1, name: one })),
      z
        .strictObject({ vm, disk: diskNumber, name: name.optional() })
        .transform((args) => ({ ...args, name: args.name ?? args.vm })),
    ]);
  },
  plan: ({ vm }) => ({ uses: [vmNamed(vm)] }),
  run: async ({ vm: vmName, disk: number, name }, { world, audience }) => {
    const vm = world.vmAnywhere(vmName).vm;
    const { deviceKey } = await world.vms.disk(vmName, number);
    const target = { folder: world.folder.exports, name };
    const host = world.vms.running(vmName);
    const { descriptorPath } = await host.exportDisk(vm.uuid, deviceKey, target, (done, total) =>
      audience.progress(`exporting ${vmName}`, done, total),
    );
    return { facts: [`A clear copy of ${vmName}'s disk is ${descriptorPath}.`] };
  },
});
