import { oneOf } from '@vcryptsim/lab';
import { sectorIndex } from '@vcryptsim/ports';
import { z } from 'zod';
import { sectorRangeShape, sectorsOfPattern, sectorsOfText } from './guest-data.js';
import { stepKind } from './step-kind.js';

/** Characters; a text longer than a sector is cut, a pattern is repeated. */
const TEXT_MAX = 4_096;

/** `vm.write`: the guest writes sectors and has them made durable. */
export const vmWrite = stepKind({
  verb: 'vm.write',
  about: 'The guest writes sectors: a text at the start of each, or a pattern that fills them.',
  example: 'vm.write: { vm: payroll, lba: 2048, text: TOP-SECRET }',
  mainField: 'vm',
  args: (names) => {
    const place = { vm: oneOf(names?.vms), ...sectorRangeShape };
    return z
      .strictObject({
        ...place,
        text: z.string().min(1).max(TEXT_MAX).optional(),
        pattern: z.string().min(1).max(TEXT_MAX).optional(),
      })
      .refine((args) => (args.text === undefined) !== (args.pattern === undefined), "give one of 'text' and 'pattern'");
  },
  plan: ({ vm, lba, sectors }) => ({ uses: [vm], sectors: { vm, lba, sectors } }),
  run: async ({ vm, lba, sectors, text, pattern }, { world }) => {
    const bytes = text === undefined ? sectorsOfPattern(pattern ?? '', sectors) : sectorsOfText(text, sectors);
    await world.vms.asGuest(vm, async (disk) => {
      await disk.writeSectors(sectorIndex(lba), bytes);
      await disk.flush();
    });
    world.vms.get(vm).ledger.wrote(lba, bytes);
    const place = sectors === 1 ? `sector ${lba}` : `sectors ${lba} to ${lba + sectors - 1}`;
    return { facts: [`The guest of ${vm} wrote ${place}.`] };
  },
});
