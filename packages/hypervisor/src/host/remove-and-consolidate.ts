import type { WorkControl } from '../api/work-control.js';
import type { Vmsd } from '../formats/vmsd.js';
import { type Consolidated, consolidate } from '../vm-home/snapshots/consolidate.js';
import { removeSnapshots } from '../vm-home/snapshots/remove-snapshots.js';
import { readSnapshotList } from '../vm-home/snapshots/snapshot-list.js';
import type { VmConfig } from '../vm-home/vm-config.js';
import { changeSnapshots, pinnedLinks, refuseSuspended } from './change-snapshots.js';
import type { HostContext } from './host-context.js';
import type { RegisteredVm } from './registered-vm.js';
import { whileStunned } from './while-stunned.js';

/**
 * Removes snapshots of a VM and puts together the links that nothing keeps apart then. The guest of a running VM waits
 * meanwhile.
 *
 * @param choose which snapshots go, refusing with SNAPSHOT_NOT_FOUND; none to put links together only
 */
export async function removeAndConsolidate(
  host: HostContext,
  vm: RegisteredVm,
  control: WorkControl,
  choose: (list: Vmsd) => ReadonlySet<number>,
): Promise<void> {
  const check = async ({ folder, vmxFileName }: VmConfig): Promise<void> => {
    refuseSuspended(vm);
    choose(await readSnapshotList(folder, vmxFileName));
  };
  let done: Consolidated = { links: 0, bytes: 0 };
  await changeSnapshots(host, vm, 'Removed snapshots and consolidated disks.', check, async (changed) => {
    const removed = choose(await readSnapshotList(changed.config.folder, changed.config.vmxFileName));
    if (removed.size > 0) {
      await removeSnapshots(changed, removed);
      host.events.emit({ type: 'SNAPSHOT_REMOVED', vm: vm.uuid, snapshots: removed.size });
    }
    done = await whileStunned(host, vm, () => consolidate(changed, pinnedLinks(host, vm), control));
  });
  if (done.links > 0) host.events.emit({ type: 'DISKS_CONSOLIDATED', vm: vm.uuid, links: done.links });
}
