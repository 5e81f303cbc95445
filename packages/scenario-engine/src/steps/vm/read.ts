import { SECTOR_SIZE_BYTES, sectorIndex } from '@vcryptsim/ports';
import { z } from 'zod';
import { nameOrRef } from '../lab-arguments.js';
import { vmNamed } from '../named.js';
import { stepKind } from '../step-kind.js';
import { diskNumber, sectorRangeShape, textOfSectors } from './guest-data.js';

/** `vm.read`: the guest reads sectors; `expect: {text}` looks at what came. */
export const vmRead = stepKind({
  verb: 'vm.read',
  about: 'The guest reads sectors.',
  example: 'vm.read: { vm: payroll, lba: 2048 }',
  mainField: 'vm',
  args: (names) => z.strictObject({ vm: nameOrRef(names?.vms), disk: diskNumber, ...sectorRangeShape }),
  plan: ({ vm, disk, lba, sectors }) => ({ uses: [vmNamed(vm)], sectors: { vm, disk, lba, sectors } }),
  run: async ({ vm, disk: number, lba, sectors }, { world }) => {
    const bytes = new Uint8Array(sectors * SECTOR_SIZE_BYTES);
    await world.vms.asGuest(vm, (disk) => disk.readSectors(sectorIndex(lba), bytes), number);
    const text = textOfSectors(bytes);
    const shown = text.length === 0 ? 'zeros' : `'${text.slice(0, 60).replaceAll(/[^\x20-\x7e]/g, '.')}'`;
    return { text, facts: [`The guest of ${vm} read ${shown} at sector ${lba}.`] };
  },
});
