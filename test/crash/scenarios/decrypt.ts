import { changeScenario } from '../support/change-scenario.js';
import { DECRYPT } from '../support/vm-world.js';

/** An encrypted VM becomes a plain one, the data written beside the old. */
export const decrypt = changeScenario({
  name: 'decrypt',
  disks: [{ sizeBytes: 16 * 1024 }, { sizeBytes: 8 * 1024, dataUnitSizeBytes: 4096 }],
  spec: { crypto: DECRYPT },
});
