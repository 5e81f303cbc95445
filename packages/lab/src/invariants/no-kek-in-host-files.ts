import type { Invariant } from './invariant.js';

/** With a standard provider a KEK is in a host's memory only, never on its disk or the datastore (row S03). */
export const noKekInHostFiles: Invariant = {
  name: 'no-kek-in-host-files',
  says: "No KEK is in a host's files or on the datastore.",
  alsoOnWires: false,
  folders: (folder) => [folder.hosts, folder.datastores, folder.copies, folder.exports],
  follow: ({ needles }) => ({ next: needles.follow('kek') }),
};
