import type { GuestDisk, TrackedDisk } from '@vcryptsim/lab';
import { sectorIndex } from '@vcryptsim/ports';
import { z } from 'zod';
import { nameOrRef } from '../lab-arguments.js';
import { vmNamed } from '../named.js';
import { stepKind } from '../step-kind.js';
import { diskNumber, sectorRangeShape, sectorsOfPattern, sectorsOfText } from './guest-data.js';

/** Characters; a text longer than a sector is cut, a pattern is repeated. */
const TEXT_MAX = 4_096;

/** `vm.write`: the guest writes sectors and has them made durable. */
export const vmWrite = stepKind({
  verb: 'vm.write',
  about: 'The guest writes sectors: a text at the start of each, or a pattern that fills them.',
  example: 'vm.write: { vm: payroll, lba: 2048, text: TOP-SECRET }',
  mainField: 'vm',
  args: (names) => {
    const place = { vm: nameOrRef(names?.vms), disk: diskNumber, ...sectorRangeShape };
    return z
      .strictObject({
        ...place,
        text: z.string().min(1).max(TEXT_MAX).optional(),
        pattern: z.string().min(1).max(TEXT_MAX).optional(),
      })
      .refine((args) => (args.text === undefined) !== (args.pattern === undefined), "give one of 'text' and 'pattern'");
  },
  plan: ({ vm, disk, lba, sectors }) => ({ uses: [vmNamed(vm)], sectors: { vm, disk, lba, sectors } }),
  run: async ({ vm, disk: number, lba, sectors, text, pattern }, { world }) => {
    const bytes = text === undefined ? sectorsOfPattern(pattern ?? '', sectors) : sectorsOfText(text, sectors);
    const write = async (disk: GuestDisk, { ledger }: TrackedDisk) => {
      await disk.writeSectors(sectorIndex(lba), bytes);
      await disk.flush();
      ledger.wrote(lba, bytes);
    };
    await world.vms.asGuest(vm, write, number);
    const place = sectors === 1 ? `sector ${lba}` : `sectors ${lba} to ${lba + sectors - 1}`;
    return { facts: [`The guest of ${vm} wrote ${place}.`] };
  },
});
