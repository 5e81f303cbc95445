import type { Invariant } from './invariant.js';

/** A DEK outside its host's memory is always sealed by a KEK: in no file and on no wire does it stand in clear. */
export const noDekUnsealed: Invariant = {
  name: 'no-dek-unsealed',
  says: 'No DEK is unsealed in any file or on any wire.',
  alsoOnWires: true,
  folders: ({ kms, vcenter, hosts, datastores, backups, copies, exports }) => [
    ...[kms, vcenter, hosts, datastores],
    ...[backups, copies, exports],
  ],
  follow: ({ needles }) => ({ next: needles.follow('dek') }),
};
