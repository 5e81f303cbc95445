import { disksProblem, formatSize, type LabNames, type LabVm, oneOf, vmShape } from '@vcryptsim/lab';
import { z } from 'zod';
import { vmNamed } from '../named.js';
import { stepKind } from '../step-kind.js';

const newName = z.string().regex(/^[^/\p{Cc}]{1,80}$/u, 'a name of a VM has 1 to 80 characters, and no slash');

/** A VM of the lab by its name, or a name and what the VM is to be. */
function vmToCreate(names: LabNames | undefined): z.ZodType<{ readonly vm: string; readonly spec?: LabVm }> {
  const { host, policy, ...rest } = vmShape;
  const described = z
    .strictObject({ vm: newName, host: host.optional(), ...rest, policy })
    .superRefine((said, context) => {
      const { vm, ...spec } = said;
      const isBare = spec.host === undefined && spec.disk === undefined && spec.disks === undefined;
      if (isBare && names?.labVms.includes(vm) === false) {
        context.addIssue({ code: 'invalid_value', path: ['vm'], values: [...names.labVms], input: vm });
      }
      if (isBare) return;
      if (spec.host === undefined) context.addIssue({ code: 'custom', path: [], message: "'host' is missing" });
      const problem = disksProblem(spec);
      if (problem !== null) context.addIssue({ code: 'custom', ...problem });
    });
  return z.union([
    oneOf(names?.labVms).transform((vm) => ({ vm })),
    described.transform(({ vm, host: on, ...spec }) =>
      on === undefined ? { vm } : { vm, spec: { ...spec, host: on } },
    ),
  ]);
}
/**
 * `vm.create`: vCenter makes a VM of the lab, or one that the step describes; with an encryption policy it has a KEK made
 * first (CreateVM_Task).
 */
export const vmCreate = stepKind({
  verb: 'vm.create',
  about: 'vCenter creates a VM of the lab, or one described here; an image fills a disk through the IO filter.',
  example: 'vm.create: { vm: archive, host: esx-1, disk: 64KiB, policy: VM Encryption Policy }',
  mainField: 'vm',
  args: vmToCreate,
  plan: ({ vm, spec }) => ({ makes: [{ ...vmNamed(vm), place: spec?.folder ?? '' }] }),
  run: async ({ vm, spec }, { world, audience, session, vcenters }) => {
    const onProgress = (done: number, total: number) => audience.progress(`filling ${vm}`, done, total);
    const made = await world.vms.create(vm, onProgress, session, spec, vcenters());
    const disks = vcenters().flatMap((each) => each.vmOf(made.uuid)?.disks ?? []);
    const parts = made.disks.map(({ capacityBytes }, index) => {
      const what = disks[index]?.keyId ? 'encrypted' : 'plain';
      return `one ${what} disk of ${formatSize(capacityBytes)}`;
    });
    return { facts: [`${vm} has ${parts.join(', ') || 'no disk'}.`] };
  },
});
