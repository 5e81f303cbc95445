import { assert } from '@vcryptsim/ports';
import type { Scenario } from '../scenario.js';
import { attach } from './attach.js';
import { clone } from './clone.js';
import { createVm } from './create-vm.js';
import { decrypt } from './decrypt.js';
import { decryptInPlace } from './decrypt-in-place.js';
import { deepRecrypt } from './deep-recrypt.js';
import { deepRecryptInPlace } from './deep-recrypt-in-place.js';
import { encrypt } from './encrypt.js';
import { encryptInPlace } from './encrypt-in-place.js';
import { grow } from './grow.js';
import { guestWriteAligned } from './guest-write-aligned.js';
import { guestWriteUnaligned } from './guest-write-unaligned.js';
import { hostInventory } from './host-inventory.js';
import { importDisk } from './import-disk.js';
import { keyServer } from './key-server.js';
import { linkedClone } from './linked-clone.js';
import { recryptResumed } from './recrypt-resumed.js';
import { shallowRecrypt } from './shallow-recrypt.js';
import { shallowRecryptOfOneDisk } from './shallow-recrypt-of-one-disk.js';
import { snapshots } from './snapshots.js';
import { snapshotsOfARunningVm } from './snapshots-of-a-running-vm.js';
import { suspend } from './suspend.js';
import { vcenterDatabase } from './vcenter-database.js';

/** All scenarios, those that take longest first. */
export const SCENARIOS: readonly Scenario[] = [
  snapshots,
  snapshotsOfARunningVm,
  suspend,
  recryptResumed,
  deepRecryptInPlace,
  encryptInPlace,
  decryptInPlace,
  shallowRecrypt,
  shallowRecryptOfOneDisk,
  deepRecrypt,
  encrypt,
  decrypt,
  attach,
  grow,
  clone,
  linkedClone,
  createVm,
  importDisk,
  guestWriteAligned,
  guestWriteUnaligned,
  hostInventory,
  keyServer,
  vcenterDatabase,
];

/** The scenario of this name. */
export function scenarioOf(name: string): Scenario {
  const scenario = SCENARIOS.find((each) => each.name === name);
  assert(scenario !== undefined, `there is a scenario ${name}`);
  return scenario;
}
