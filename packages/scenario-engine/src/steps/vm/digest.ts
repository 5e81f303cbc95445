import { createHash } from 'node:crypto';
import { compareDisk } from '@vcryptsim/lab';
import { SECTOR_SIZE_BYTES, sectorIndex } from '@vcryptsim/ports';
import { z } from 'zod';
import { nameOrRef } from '../lab-arguments.js';
import { vmNamed } from '../named.js';
import { stepKind } from '../step-kind.js';
import { diskNumber } from './guest-data.js';

/**
 * `vm.digest`: reads the whole disk through the IO filter and compares it with the image that filled it (or zeros):
 * equal but for the sectors that the scenario wrote, and those hold what was written. Fails with DIGEST_MISMATCH.
 */
export const vmDigest = stepKind({
  verb: 'vm.digest',
  about: 'Reads the whole disk through the IO filter and compares it with the image and what the guest wrote.',
  example: 'vm.digest: payroll',
  mainField: 'vm',
  args: (names) => {
    const vm = nameOrRef(names?.vms);
    return z.union([vm.transform((one) => ({ vm: one, disk: 1 })), z.strictObject({ vm, disk: diskNumber })]);
  },
  plan: ({ vm }) => ({ uses: [vmNamed(vm)] }),
  run: async ({ vm, disk: number }, scene) => {
    const { world, audience } = scene;
    const tracked = await world.vms.disk(vm, number);
    const read = await world.vms.asGuest(
      vm,
      (disk) =>
        compareDisk({
          vm,
          disk: tracked,
          readDisk: (lba, buffer) => disk.readSectors(sectorIndex(lba), buffer),
          onProgress: (done, total) => audience.progress(`reading ${vm}`, done, total),
          newHash: () => createHash('sha256'),
        }),
      number,
    );
    scene.digests.push(read);
    const { writtenSectors: runs } = read;
    const sectors = runs.reduce((sum, run) => sum + run.sectors, 0);
    const zeros = `${tracked.capacityBytes / SECTOR_SIZE_BYTES} sectors of zeros`;
    const of = tracked.image === null ? zeros : 'the image';
    return {
      facts: [
        `The disk equals ${of} but for ${sectors === 1 ? '1 sector' : `${sectors} sectors`} that the scenario wrote.`,
      ],
    };
  },
});
