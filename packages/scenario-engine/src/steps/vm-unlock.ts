import { succeed } from '@vcryptsim/lab';
import { cryptoUnlockVm } from '@vcryptsim/lab/catalogue';
import { vmNameSchema } from './lab-arguments.js';
import { stepKind } from './step-kind.js';

/** `vm.unlock`: an administrator asks vCenter to fetch the keys of a locked VM now (CryptoUnlock_Task). */
export const vmUnlock = stepKind({
  verb: 'vm.unlock',
  about: 'An administrator has vCenter fetch the keys of a locked VM now.',
  example: 'vm.unlock: payroll',
  mainField: 'vm',
  args: vmNameSchema,
  plan: (name) => ({ uses: [name] }),
  run: async (name, { world, session }) => {
    succeed(await session().run(cryptoUnlockVm, world.vms.refOf(name), {}));
    return {};
  },
});
