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
  follow: ({ markers }) => {
    let seen = 0;
    const pieces = new Map<string, string>();
    return {
      next: () => {
        const fresh = markers.from(seen);
        seen += fresh.length;
        return fresh
          .filter(({ encrypted }) => encrypted)
          .map(({ vm, number, bytes }) => {
            const name = `plaintext of ${vm} #${number}`;
            pieces.set(name, String(bytes));
            return { name, bytes, forms: ['raw'] };
          });
      },
      // What a plain VM wrote as well is on the datastore in clear, and rightly so.
      excuses: (needle) => markers.isInClear(pieces.get(needle) ?? ''),
    };
  },
};
