import { changeScenario } from '../support/change-scenario.js';
import { ENCRYPT } from '../support/vm-world.js';

/** A plain VM with data becomes an encrypted one, the data written beside the old. */
export const encrypt = changeScenario({
  name: 'encrypt',
  disks: [{ sizeBytes: 16 * 1024 }, { sizeBytes: 8 * 1024 }],
  isPlain: true,
  spec: { crypto: ENCRYPT },
});
