import { createHash } from 'node:crypto';
import { compareDisk } from '@vcryptsim/lab';
import { SECTOR_SIZE_BYTES, sectorIndex } from '@vcryptsim/ports';
import { vmNameSchema } from './lab-arguments.js';
import { stepKind } from './step-kind.js';

/**
 * `vm.digest`: reads the whole disk through the IO filter and compares it with the image that filled it (or zeros):
 * equal but for the sectors that the scenario wrote, and those hold what was written. Fails with DIGEST_MISMATCH.
 */
export const vmDigest = stepKind({
  verb: 'vm.digest',
  about: 'Reads the whole disk through the IO filter and compares it with the image and what the guest wrote.',
  example: 'vm.digest: payroll',
  mainField: 'vm',
  args: vmNameSchema,
  plan: (name) => ({ uses: [name] }),
  run: async (name, scene) => {
    const { world, audience } = scene;
    const vm = world.vms.get(name);
    const digest = await world.vms.asGuest(name, (disk) =>
      compareDisk({
        vm,
        readDisk: (lba, buffer) => disk.readSectors(sectorIndex(lba), buffer),
        onProgress: (done, total) => audience.progress(`reading ${name}`, done, total),
        newHash: () => createHash('sha256'),
      }),
    );
    scene.digests.push(digest);
    const { writtenSectors: runs } = digest;
    const sectors = runs.reduce((sum, run) => sum + run.sectors, 0);
    const of = vm.image === null ? `${vm.capacityBytes / SECTOR_SIZE_BYTES} sectors of zeros` : 'the image';
    return {
      facts: [
        `The disk equals ${of} but for ${sectors === 1 ? '1 sector' : `${sectors} sectors`} that the scenario wrote.`,
      ],
    };
  },
});
