import { assert } from '@vcryptsim/ports';
import type { Scenario } from '../scenario.js';
import { decrypt } from './decrypt.js';
import { decryptInPlace } from './decrypt-in-place.js';
import { deepRecrypt } from './deep-recrypt.js';
import { deepRecryptInPlace } from './deep-recrypt-in-place.js';
import { encrypt } from './encrypt.js';
import { encryptInPlace } from './encrypt-in-place.js';
import { shallowRecrypt } from './shallow-recrypt.js';
import { shallowRecryptOfOneDisk } from './shallow-recrypt-of-one-disk.js';

/** All scenarios, those that take longest first. */
export const SCENARIOS: readonly Scenario[] = [
  decryptInPlace,
  encryptInPlace,
  deepRecryptInPlace,
  deepRecrypt,
  encrypt,
  decrypt,
  shallowRecrypt,
  shallowRecryptOfOneDisk,
];

/** The scenario of this name. */
export function scenarioOf(name: string): Scenario {
  const scenario = SCENARIOS.find((each) => each.name === name);
  assert(scenario !== undefined, `there is a scenario ${name}`);
  return scenario;
}
