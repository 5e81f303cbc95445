import { sectorCount } from '@vcryptsim/ports';
import { disksScenario } from '../support/disks-scenario.js';

/** A disk becomes larger: it has the old size or the new, its data, and zeros after it. */
export const grow = disksScenario({
  name: 'grow',
  disks: [{ sizeBytes: 8 * 1024, dataUnitSizeBytes: 4096 }, { sizeBytes: 4096 }],
  spec: { growDisks: [{ deviceKey: 2000, capacity: sectorCount(40) }] },
  loose: [],
});
