import { changeScenario } from '../support/change-scenario.js';
import { IN_PLACE } from '../support/in-place.js';
import { DEEP } from '../support/vm-world.js';

/** New DEKs, the data turned over where it lies, in windows through a journal. */
export const deepRecryptInPlace = changeScenario({
  name: 'deep-recrypt-in-place',
  ...IN_PLACE,
  spec: { crypto: DEEP, rewrite: 'inPlace' },
});
