// The situations of operations on snapshots of a VM, and of suspending it.
import type { MoRef } from '@vcryptsim/ports';
import { createSnapshot } from '@vcryptsim/vcenter/catalogue';
import { ESX_1 } from './lab.js';
import type { PrivilegeWorld } from './privilege-world.js';
import type { Situation, Situations } from './situation.js';

const ONE_HOST = { hosts: [ESX_1] };

type Need = `VirtualMachine.State.${'Create' | 'RevertTo' | 'Remove'}Snapshot on the VM`;

/** A VM with one snapshot. */
async function withSnapshot(world: PrivilegeWorld): Promise<MoRef<'VirtualMachine'>> {
  const vm = world.vm(await world.encryptedVm());
  await world.admin.session.run(createSnapshot, vm, { name: 'before' });
  return vm;
}

/** A call on a VM that has one snapshot; all that it needs is one privilege on the VM. */
function onSnapshots(privilege: Need, args: object): readonly Situation[] {
  const call = async (world: PrivilegeWorld) => ({ object: await withSnapshot(world), args });
  return [{ ...ONE_HOST, call, refused: { [privilege]: 'object' } as NonNullable<Situation['refused']> }];
}

export const SNAPSHOT_SITUATIONS: Situations = new Map<string, readonly Situation[]>([
  ['CreateSnapshot_Task', onSnapshots('VirtualMachine.State.CreateSnapshot on the VM', { name: 'after' })],
  ['RevertToSnapshot_Task', onSnapshots('VirtualMachine.State.RevertToSnapshot on the VM', { snapshot: 1 })],
  ['RemoveSnapshot_Task', onSnapshots('VirtualMachine.State.RemoveSnapshot on the VM', { snapshot: 1 })],
  ['RemoveAllSnapshots_Task', onSnapshots('VirtualMachine.State.RemoveSnapshot on the VM', {})],
  ['ConsolidateVMDisks_Task', onSnapshots('VirtualMachine.State.RemoveSnapshot on the VM', {})],
  [
    'SuspendVM_Task',
    [
      {
        ...ONE_HOST,
        call: async (world) => {
          const uuid = await world.encryptedVm();
          await world.admin.powerOnVm(uuid);
          return { object: world.vm(uuid), args: {} };
        },
        refused: { 'VirtualMachine.Interact.Suspend on the VM': 'object' },
      },
    ],
  ],
]);
