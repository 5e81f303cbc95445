import { changeScenario } from '../support/change-scenario.js';
import { SHALLOW } from '../support/vm-world.js';

/** One of two disks is sealed under another KEK; the VM home and the other keep theirs. */
export const shallowRecryptOfOneDisk = changeScenario({
  name: 'shallow-recrypt-of-one-disk',
  disks: [{ sizeBytes: 8 * 1024 }, { sizeBytes: 8 * 1024, dataUnitSizeBytes: 4096 }],
  spec: { disks: [{ deviceKey: 2001, crypto: SHALLOW }] },
});
