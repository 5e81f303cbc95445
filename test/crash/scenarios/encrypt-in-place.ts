import { changeScenario } from '../support/change-scenario.js';
import { IN_PLACE } from '../support/in-place.js';
import { ENCRYPT } from '../support/vm-world.js';

/** A plain disk is encrypted where it lies. */
export const encryptInPlace = changeScenario({
  name: 'encrypt-in-place',
  ...IN_PLACE,
  isPlain: true,
  spec: { crypto: ENCRYPT, rewrite: 'inPlace' },
});
