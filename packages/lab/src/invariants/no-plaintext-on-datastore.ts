import type { PlaintextMarker } from '../needles/plaintext-markers.js';
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
    const looked = new Map<string, PlaintextMarker>();
    return {
      next: () => {
        const fresh = markers.from(seen);
        seen += fresh.length;
        return fresh
          .filter(({ encrypted }) => encrypted)
          .map((marker) => {
            const { vm, disk, number, bytes } = marker;
            const name = `plaintext of ${vm}, disk ${disk} #${number}`;
            looked.set(name, marker);
            return { name, bytes, forms: ['raw'] };
          });
      },
      // What a plain VM wrote as well is on the datastore in clear, and what a disk has that was decrypted: rightly so.
      excuses: async (needle) => {
        const marker = looked.get(needle);
        return marker !== undefined && (await markers.mayBeSeen(marker));
      },
    };
  },
};
