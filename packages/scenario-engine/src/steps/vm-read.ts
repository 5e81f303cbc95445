import { oneOf } from '@vcryptsim/lab';
import { SECTOR_SIZE_BYTES, sectorIndex } from '@vcryptsim/ports';
import { z } from 'zod';
import { sectorRangeShape, textOfSectors } from './guest-data.js';
import { stepKind } from './step-kind.js';

/** `vm.read`: the guest reads sectors; `expect: {text}` looks at what came. */
export const vmRead = stepKind({
  verb: 'vm.read',
  about: 'The guest reads sectors.',
  example: 'vm.read: { vm: payroll, lba: 2048 }',
  mainField: 'vm',
  args: (names) => z.strictObject({ vm: oneOf(names?.vms), ...sectorRangeShape }),
  plan: ({ vm, lba, sectors }) => ({ uses: [vm], sectors: { vm, lba, sectors } }),
  run: async ({ vm, lba, sectors }, { world }) => {
    const bytes = new Uint8Array(sectors * SECTOR_SIZE_BYTES);
    await world.vms.asGuest(vm, (disk) => disk.readSectors(sectorIndex(lba), bytes));
    const text = textOfSectors(bytes);
    const shown = text.length === 0 ? 'zeros' : `'${text.slice(0, 60).replaceAll(/[^\x20-\x7e]/g, '.')}'`;
    return { text, facts: [`The guest of ${vm} read ${shown} at sector ${lba}.`] };
  },
});
