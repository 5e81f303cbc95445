import type { Invariant } from './invariant.js';
import { noClearKekInKmsFiles } from './no-clear-kek-in-kms-files.js';
import { noDekUnsealed } from './no-dek-unsealed.js';
import { noKekInHostFiles } from './no-kek-in-host-files.js';
import { noKekInVcenterFiles } from './no-kek-in-vcenter-files.js';
import { noPlaintextOnDatastore } from './no-plaintext-on-datastore.js';

/** Everything that must hold after every step of every scenario. */
export const INVARIANTS: readonly Invariant[] = [
  noPlaintextOnDatastore,
  noKekInVcenterFiles,
  noKekInHostFiles,
  noClearKekInKmsFiles,
  noDekUnsealed,
];
