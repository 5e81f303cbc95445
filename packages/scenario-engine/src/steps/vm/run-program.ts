import type { World } from '@vcryptsim/lab';
import { z } from 'zod';
import { nameOrRef } from '../lab-arguments.js';
import { vmNamed } from '../named.js';
import { stepKind } from '../step-kind.js';
import { diskNumber } from './guest-data.js';

/** Steps of one call; each writes 8 pages and 8 sectors. */
const STEPS_MAX = 10_000;

/**
 * `vm.run-program`: a small program in the guest writes memory and a disk, step by step, all of it determined by the seed of
 * the run. It keeps in memory how far it is, and goes on from there.
 */
export const vmRunProgram = stepKind({
  verb: 'vm.run-program',
  about:
    'A small program in the guest writes pages of memory and sectors of a disk, and keeps in memory how many steps it has done. It goes on from there, or begins anew where its memory is lost.',
  example: 'vm.run-program: { vm: payroll, steps: 10 }',
  mainField: 'vm',
  args: (names) => {
    const vm = nameOrRef(names?.vms);
    const steps = z.int().min(1).max(STEPS_MAX).default(10);
    return z.union([
      vm.transform((one) => ({ vm: one, disk: 1, steps: 10 })),
      z.strictObject({ vm, disk: diskNumber, steps }),
    ]);
  },
  plan: ({ vm }) => ({ uses: [vmNamed(vm)] }),
  run: async ({ vm, disk, steps }, { world }) => {
    const run = async (program: Program) => {
      const isNew = (await program.check()).steps === null;
      if (isNew) await program.begin();
      return { isNew, done: await program.run(steps) };
    };
    const { isNew, done } = await world.vms.asProgram(vm, world.seed, run, disk);
    const how = isNew ? 'began' : 'went on';
    return { facts: [`The program of ${vm} ${how} and has done ${done === 1 ? '1 step' : `${done} steps`}.`] };
  },
});

type Program = Parameters<Parameters<World['vms']['asProgram']>[2]>[0];
