import { changeScenario } from '../support/change-scenario.js';
import { DEEP } from '../support/vm-world.js';

/** VM home and disks get new DEKs, the data written beside the old. */
export const deepRecrypt = changeScenario({
  name: 'deep-recrypt',
  disks: [{ sizeBytes: 16 * 1024 }, { sizeBytes: 8 * 1024, dataUnitSizeBytes: 4096 }],
  spec: { crypto: DEEP },
});
