import type { Invariant } from './invariant.js';

/** The key server keeps its keys under a root key: none of them is in its files in clear. */
export const noClearKekInKmsFiles: Invariant = {
  name: 'no-clear-kek-in-kms-files',
  says: "No KEK is in clear in the key server's files.",
  alsoOnWires: false,
  folders: (folder) => [folder.kms],
  follow: ({ needles }) => ({ next: needles.follow('kek') }),
};
