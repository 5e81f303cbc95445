import { snapshotScenario } from '../support/snapshot-scenario.js';
import { VM } from '../support/vm-world.js';

/** Snapshots of a VM that is off: taken, brought back, so that they are in branches, and removed one by one. */
export const snapshots = snapshotScenario({
  name: 'snapshots',
  isRunning: false,
  steps: [
    (host) => host.createSnapshot(VM, { name: 'third' }),
    (host) => host.revertToSnapshot(VM, 1),
    (host) => host.createSnapshot(VM, { name: 'fourth' }),
    (host) => host.removeSnapshot(VM, { id: 2 }),
    (host) => host.removeSnapshot(VM, { id: 1 }),
  ],
});
