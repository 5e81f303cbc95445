import type { Invariant } from './invariant.js';

/**
 * What guests wrote to an encrypted disk, and what its image held, is nowhere on the datastore in clear: 32-byte pieces
 * of it are looked for, a bounded number for each VM (row S08).
 */
export const noPlaintextOnDatastore: Invariant = {
  name: 'no-plaintext-on-datastore',
  says: 'No plaintext of an encrypted disk is on the datastore.',
  alsoOnWires: true,
  folders: (folder) => [folder.datastores, folder.hosts, folder.vcenter, folder.kms],
  needles: (world) =>
    world.vms
      .all()
      .filter((vm) => vm.encrypted)
      .flatMap((vm) =>
        vm.ledger
          .markers()
          .map((bytes, index) => ({ name: `plaintext of ${vm.name} #${index + 1}`, bytes, forms: ['raw' as const] })),
      ),
};
