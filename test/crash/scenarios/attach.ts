import { sectorCount } from '@vcryptsim/ports';
import { disksScenario } from '../support/disks-scenario.js';

/** A disk that the VM had comes back on another bus and is sealed to it anew, a new one comes, and one goes with its files. */
export const attach = disksScenario({
  name: 'attach',
  disks: [{ sizeBytes: 8 * 1024 }, { sizeBytes: 8 * 1024, dataUnitSizeBytes: 4096 }, { sizeBytes: 4096 }],
  before: { removeDisks: [{ deviceKey: 2001 }] },
  spec: {
    addDisks: [{ existing: '[ds1] web/web_1.vmdk', bus: 'nvme' }, { capacity: sectorCount(8) }],
    removeDisks: [{ deviceKey: 2002, destroy: true }],
  },
  loose: ['web_1.vmdk', 'web_1-flat.vmdk'],
  movedTo: new Map([
    [31_000, 2001],
    [2001, 9999],
  ]),
});
