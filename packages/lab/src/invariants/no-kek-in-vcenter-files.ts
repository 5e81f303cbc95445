import type { Invariant } from './invariant.js';

/** vCenter keeps the ID of each KEK and nothing else of it (row S02). */
export const noKekInVcenterFiles: Invariant = {
  name: 'no-kek-in-vcenter-files',
  says: "No KEK is in vCenter's files or their backups.",
  alsoOnWires: false,
  folders: (folder) => [folder.vcenter, folder.backups],
  follow: ({ needles }) => ({ next: needles.follow('kek') }),
};
