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
  needles: (world) => {
    // What a plain VM wrote as well is on the datastore in clear, and rightly so.
    const plain = world.vms.all().filter((vm) => !vm.encrypted);
    const inClear = new Set(plain.flatMap((vm) => vm.ledger.markers().map(String)));
    return world.vms
      .all()
      .filter((vm) => vm.encrypted)
      .flatMap(({ name, ledger }) =>
        ledger
          .markers()
          .filter((bytes) => !inClear.has(String(bytes)))
          .map((bytes, index) => ({ name: `plaintext of ${name} #${index + 1}`, bytes, forms: ['raw' as const] })),
      );
  },
};
