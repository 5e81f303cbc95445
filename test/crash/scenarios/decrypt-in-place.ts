import { changeScenario } from '../support/change-scenario.js';
import { IN_PLACE } from '../support/in-place.js';
import { DECRYPT } from '../support/vm-world.js';

/** An encrypted disk is decrypted where it lies; what is plain is written nowhere else. */
export const decryptInPlace = changeScenario({
  name: 'decrypt-in-place',
  ...IN_PLACE,
  spec: { crypto: DECRYPT, rewrite: 'inPlace' },
});
