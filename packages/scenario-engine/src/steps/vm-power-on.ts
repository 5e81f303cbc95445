import { succeed } from '@vcryptsim/lab';
import { powerOnVm } from '@vcryptsim/lab/catalogue';
import { vmNameSchema } from './lab-arguments.js';
import { stepKind } from './step-kind.js';

/** `vm.power-on`: vCenter powers a VM on, fetching its keys first where the host lacks them (PowerOnVM_Task). */
export const vmPowerOn = stepKind({
  verb: 'vm.power-on',
  about: 'vCenter powers a VM on.',
  example: 'vm.power-on: payroll',
  mainField: 'vm',
  args: vmNameSchema,
  plan: (name) => ({ uses: [name] }),
  run: async (name, { world, session }) => {
    succeed(await session().run(powerOnVm, world.vms.refOf(name), {}));
    return {};
  },
});
