import { sectorCount, type VmName, type VmUuid } from '@vcryptsim/ports';
import { stepsScenario } from '../support/steps-scenario.js';
import { VmWorld } from '../support/vm-world.js';

const NAMES: readonly string[] = ['web', 'mail', 'payroll'];
const uuidOf = (name: string) => `00000000-0000-4000-9000-${String(NAMES.indexOf(name)).padStart(12, '0')}`;
const STEPS = [
  ['unregister', 'web'],
  ['unregister', 'payroll'],
  ['register', 'web'],
  ['unregister', 'mail'],
  ['register', 'payroll'],
  ['register', 'mail'],
  ['unregister', 'web'],
  ['register', 'web'],
] as const;

/** VMs leave a host's inventory and come again; their files stay. Whatever VM the host has powers on. */
export const hostInventory = stepsScenario({
  name: 'host-inventory',
  count: STEPS.length,
  prepare: async (files) => {
    const { host } = await VmWorld.boot(files, 20);
    for (const name of NAMES)
      await host.createVm({
        name: name as VmName,
        uuid: uuidOf(name) as VmUuid,
        disks: [{ capacity: sectorCount(8) }],
      });
    await host.shutDown();
  },
  open: async (files, start) => {
    const { host } = await VmWorld.boot(files, 20 + start, []);
    return {
      change: async (step) => {
        const [what, name = ''] = STEPS[step] ?? [];
        if (what === 'unregister') await host.unregisterVm(uuidOf(name) as VmUuid);
        else await host.registerVm(`[ds1] ${name}/${name}.vmx`);
      },
      // In the order in which they came, so that every step has another.
      state: async () => {
        const vms = await host.vms();
        return vms.map(({ name, connectionState }) => `${name} ${connectionState}`).join();
      },
      close: () => host.shutDown(),
    };
  },
});
