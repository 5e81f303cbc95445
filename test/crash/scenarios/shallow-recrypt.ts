import { changeScenario } from '../support/change-scenario.js';
import { SHALLOW } from '../support/vm-world.js';

/** VM home and three disks together are sealed under another KEK. */
export const shallowRecrypt = changeScenario({
  name: 'shallow-recrypt',
  disks: [{ sizeBytes: 8 * 1024 }, { sizeBytes: 8 * 1024, dataUnitSizeBytes: 4096 }, { sizeBytes: 4 * 1024 }],
  spec: { crypto: SHALLOW },
});
