import { snapshotNotFound } from '../api/faults.js';
import type { VmInfo } from '../api/vm.js';
import type { WorkControl } from '../api/work-control.js';
import { changeSnapshots } from '../host/change-snapshots.js';
import type { HostContext } from '../host/host-context.js';
import { loadConfig } from '../host/refresh-vm.js';
import type { RegisteredVm } from '../host/registered-vm.js';
import { RunningVm } from '../host/running-vm.js';
import { vmInfoOf } from '../host/vm-info.js';
import type { GuestMemory } from '../memory/guest-memory.js';
import type { ChangedVm } from '../vm-home/change/changed-vm.js';
import { readFrozenMemory } from '../vm-home/snapshots/frozen-memory.js';
import { planRevert, revertVm } from '../vm-home/snapshots/revert-vm.js';
import { readSnapshotList, snapshotAt } from '../vm-home/snapshots/snapshot-list.js';
import { vmOperation } from './host-operation.js';

/**
 * Makes a VM what it was when a snapshot was taken. A running one loses what it has in memory; it runs again afterwards where
 * the snapshot has memory, from that memory on, and else it is off. Everything is read and compared before the VM is
 * stopped, so that a damaged snapshot is refused and changes nothing.
 *
 * @throws HypervisorError VM_NOT_FOUND, SNAPSHOT_NOT_FOUND, VM_LOCKED, MIXED_KEYS, DISK_KEY_MISSING, ENVELOPE_TAMPERED,
 *   FILE_LOCKED, NO_SPACE, every diagnosis of its files
 */
export const revertToSnapshot = vmOperation<[id: number, control?: WorkControl], VmInfo>({
  vimName: 'VirtualMachineSnapshot.RevertToSnapshot_Task',
  changesInventory: false,
  perform: async (host, vm, id) => {
    vm.checkNoTemplate('brought back to a snapshot');
    const check = async (): Promise<void> => {};
    await changeSnapshots(host, vm, `Reverted to snapshot ${id}.`, check, (changed) => revert(host, vm, changed, id));
    host.events.emit({ type: 'SNAPSHOT_REVERTED', vm: vm.uuid, snapshot: id });
    return vmInfoOf(vm, host.keys);
  },
});

async function revert(host: HostContext, vm: RegisteredVm, changed: ChangedVm, id: number): Promise<void> {
  const { folder, vmxFileName } = changed.config;
  const snapshot = snapshotAt(await readSnapshotList(folder, vmxFileName), id);
  if (snapshot === null) throw snapshotNotFound(vm.name, id);
  const plan = await planRevert(changed, snapshot);
  const memory = await readFrozenMemory(changed, plan);
  await stop(host, vm);
  await revertVm(changed, plan);
  if (memory !== null) await goOn(host, vm, memory);
}

/** Ends a running VM as pulling its plug does, but keeps the lock of its files. */
async function stop(host: HostContext, vm: RegisteredVm): Promise<void> {
  const { running } = vm;
  if (running === null) return;
  vm.note({ running: null });
  await running.stop().catch(() => {});
  host.events.emit({ type: 'VM_POWERED_OFF', vm: vm.uuid });
}

/** Runs the VM on from the memory of the snapshot. */
async function goOn(host: HostContext, vm: RegisteredVm, memory: GuestMemory): Promise<void> {
  const config = await loadConfig(host, vm);
  const running = await RunningVm.start(config, host, memory);
  vm.note({ config, running });
  host.events.emit({ type: 'VM_POWERED_ON', vm: vm.uuid });
}
