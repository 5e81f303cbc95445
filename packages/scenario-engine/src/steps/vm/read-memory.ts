import { z } from 'zod';
import { nameOrRef } from '../lab-arguments.js';
import { vmNamed } from '../named.js';
import { stepKind } from '../step-kind.js';
import { MEMORY_PAGE_BYTES, memoryPage, textOfSectors } from './guest-data.js';

/** `vm.read-memory`: the guest of a running VM reads a page of its memory; `expect: {text}` looks at what came. */
export const vmReadMemory = stepKind({
  verb: 'vm.read-memory',
  about: 'The guest reads a page of its memory.',
  example: 'vm.read-memory: { vm: payroll, page: 2000 }',
  mainField: 'vm',
  args: (names) => z.strictObject({ vm: nameOrRef(names?.vms), page: memoryPage }),
  plan: ({ vm }) => ({ uses: [vmNamed(vm)] }),
  run: async ({ vm, page }, { world }) => {
    const bytes = new Uint8Array(MEMORY_PAGE_BYTES);
    await world.vms.asMemory(vm, (memory) => memory.read(bytes, page * MEMORY_PAGE_BYTES));
    const text = textOfSectors(bytes);
    const shown = text.length === 0 ? 'zeros' : `'${text.slice(0, 60).replaceAll(/[^\x20-\x7e]/g, '.')}'`;
    return { text, facts: [`The guest of ${vm} read ${shown} in page ${page} of its memory.`] };
  },
});
