import { inFirstThatKnows, succeed } from '@vcryptsim/lab';
import { reconfigVm } from '@vcryptsim/lab/catalogue';
import type { Scene } from '../../scene/scene.js';

/** What a step asks ReconfigVM_Task for. */
type DeviceChange = Parameters<typeof reconfigVm.run>[1]['args'];

/** vSphere numbers the disks of the first controller from here. */
const FIRST_DEVICE_KEY = 2000;

/**
 * Has vCenter change which disks a VM has, in the name of whoever takes the step.
 *
 * @param changeOf told the device key of a disk by its number, from 1; one that is not there is refused by vCenter
 */
export async function changeDisks(
  vm: string,
  changeOf: (deviceKey: (number: number) => number) => DeviceChange,
  { world, session, vcenters }: Scene,
): Promise<void> {
  if (vcenters().length > 1) world.vmAnywhere(vm);
  const { id, disks, vcenter } = inFirstThatKnows(vcenters(), (names, each) => ({ ...names.vm(vm), vcenter: each }));
  const change = changeOf((number) => disks[number - 1]?.deviceKey ?? FIRST_DEVICE_KEY + number - 1);
  succeed(await session(vcenter).run(reconfigVm, id, change));
}
