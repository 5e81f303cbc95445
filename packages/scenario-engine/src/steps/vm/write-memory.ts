import { z } from 'zod';
import { nameOrRef } from '../lab-arguments.js';
import { vmNamed } from '../named.js';
import { stepKind } from '../step-kind.js';
import { MEMORY_PAGE_BYTES, memoryPage } from './guest-data.js';

/** `vm.write-memory`: the guest of a running VM writes a text at the beginning of a page of its memory. */
export const vmWriteMemory = stepKind({
  verb: 'vm.write-memory',
  about: 'The guest writes a text into a page of its memory; the program of vm.run-program uses the pages 0 to 1023.',
  example: 'vm.write-memory: { vm: payroll, page: 2000, text: TOP-SECRET }',
  mainField: 'vm',
  args: (names) =>
    z.strictObject({
      vm: nameOrRef(names?.vms),
      page: memoryPage,
      text: z
        .string()
        .min(1)
        .max(MEMORY_PAGE_BYTES / 4),
    }),
  plan: ({ vm }) => ({ uses: [vmNamed(vm)] }),
  run: async ({ vm, page, text }, { world }) => {
    const bytes = new TextEncoder().encode(text);
    await world.vms.asMemory(vm, (memory) => memory.write(bytes, page * MEMORY_PAGE_BYTES));
    return { facts: [`The guest of ${vm} wrote into page ${page} of its memory.`] };
  },
});
