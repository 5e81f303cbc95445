import { succeed } from '@vcryptsim/lab';
import { powerOffVm } from '@vcryptsim/lab/catalogue';
import { vmNameSchema } from './lab-arguments.js';
import { stepKind } from './step-kind.js';

/** `vm.power-off`: vCenter powers a VM off (PowerOffVM_Task). */
export const vmPowerOff = stepKind({
  verb: 'vm.power-off',
  about: 'vCenter powers a VM off.',
  example: 'vm.power-off: payroll',
  mainField: 'vm',
  args: vmNameSchema,
  plan: (name) => ({ uses: [name] }),
  run: async (name, { world, session }) => {
    succeed(await session().run(powerOffVm, world.vms.refOf(name), {}));
    return {};
  },
});
