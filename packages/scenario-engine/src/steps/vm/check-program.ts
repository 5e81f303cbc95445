import { LabError } from '@vcryptsim/lab';
import { z } from 'zod';
import { nameOrRef } from '../lab-arguments.js';
import { vmNamed } from '../named.js';
import { stepKind } from '../step-kind.js';
import { diskNumber } from './guest-data.js';

/**
 * `vm.check-program`: compares, byte by byte, what the program of a guest has written into memory and onto its disk with what
 * so many steps of it make. Fails with DIGEST_MISMATCH.
 */
export const vmCheckProgram = stepKind({
  verb: 'vm.check-program',
  about:
    'Compares memory and disk byte by byte with what the program of the guest has made of them: of as many steps as its memory says, or of those that are named.',
  example: 'vm.check-program: { vm: payroll, steps: 10 }',
  mainField: 'vm',
  args: (names) => {
    const vm = nameOrRef(names?.vms);
    return z.union([
      vm.transform((one) => ({ vm: one, disk: 1, steps: undefined })),
      z.strictObject({ vm, disk: diskNumber, steps: z.int().min(0).optional() }),
    ]);
  },
  plan: ({ vm }) => ({ uses: [vmNamed(vm)] }),
  run: async ({ vm, disk, steps: wanted }, { world }) => {
    const state = await world.vms.asProgram(vm, world.seed, (program) => program.check(), disk);
    const { steps, wrongPages, wrongSectors } = state;
    if (steps === null) throw mismatch(`The memory of ${vm} has no program: it was never begun, or is lost.`);
    if (wanted !== undefined && steps !== wanted) {
      throw mismatch(`The memory of ${vm} says ${steps} steps of its program, and ${wanted} were wanted.`);
    }
    if (wrongPages.length + wrongSectors.length > 0) {
      const pages = `${wrongPages.length} pages of memory`;
      throw mismatch(`${pages} and ${wrongSectors.length} sectors of ${vm} are not what ${steps} steps make of them.`);
    }
    return { facts: [`Memory and disk of ${vm} are, byte by byte, what ${steps} steps of its program make of them.`] };
  },
});

function mismatch(message: string): LabError {
  return new LabError('DIGEST_MISMATCH', message);
}
