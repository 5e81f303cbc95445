import { snapshotScenario } from '../support/snapshot-scenario.js';
import { VM } from '../support/vm-world.js';

/** Snapshots of a VM that runs: its links are put together under it. */
export const snapshotsOfARunningVm = snapshotScenario({
  name: 'snapshots-of-a-running-vm',
  isRunning: true,
  steps: [
    (host) => host.removeSnapshot(VM, { id: 1 }),
    (host) => host.createSnapshot(VM, { name: 'third' }),
    (host) => host.removeAllSnapshots(VM),
  ],
});
