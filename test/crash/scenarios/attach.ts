import { sectorCount, type VmName, type VmUuid } from '@vcryptsim/ports';
import { disksScenario } from '../support/disks-scenario.js';
import { VM, type VmWorld, webVm } from '../support/vm-world.js';

const OTHER = '5a5a5a5a-6c0f-4d2a-9d6e-0a1b2c3d4e5f' as VmUuid;
const EXISTING = '[ds1] web/web_1.vmdk';

/** A disk that another VM had is sealed to this one, on another bus; a new one comes, and one goes with its files. */
export const attach = disksScenario({
  name: 'attach',
  disks: [{ sizeBytes: 8 * 1024 }, { sizeBytes: 8 * 1024, dataUnitSizeBytes: 4096 }, { sizeBytes: 4096 }],
  before: lendToAnother,
  spec: {
    addDisks: [{ existing: EXISTING, bus: 'nvme' }, { capacity: sectorCount(8) }],
    removeDisks: [{ deviceKey: 2002, destroy: true }],
  },
  loose: ['web_1.vmdk', 'web_1-flat.vmdk'],
  movedTo: new Map([
    [31_000, 2001],
    [2001, 9999],
  ]),
});

/** The disk goes to another VM, which seals it to itself, gives it back, and is gone. */
async function lendToAnother({ host }: VmWorld): Promise<void> {
  await host.createVm({ ...webVm([]), name: 'other' as VmName, uuid: OTHER });
  await host.reconfigureVm(VM, { removeDisks: [{ deviceKey: 2001 }] });
  await host.reconfigureVm(OTHER, { addDisks: [{ existing: EXISTING }] });
  await host.reconfigureVm(OTHER, { removeDisks: [{ deviceKey: 2000 }] });
  await host.unregisterVm(OTHER);
}
