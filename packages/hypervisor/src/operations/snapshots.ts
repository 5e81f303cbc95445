import type { SnapshotInfo, SnapshotList } from '../api/snapshot.js';
import type { VmsdSnapshot } from '../formats/vmsd.js';
import { loadConfig } from '../host/refresh-vm.js';
import { type DiskNode, deviceKeyOf } from '../vm-home/disk-node.js';
import { readSnapshotList } from '../vm-home/snapshots/snapshot-list.js';
import { vmOperation } from './host-operation.js';

/**
 * The snapshots of a VM, as its list has them; a locked VM's too, because the list is clear.
 *
 * @throws HypervisorError VM_NOT_FOUND, every diagnosis of its files
 */
export const snapshots = vmOperation<[], SnapshotList>({
  vimName: 'VirtualMachine.snapshot',
  changesInventory: false,
  perform: async (host, vm) => {
    const { folder, vmxFileName } = await loadConfig(host, vm);
    const list = await readSnapshotList(folder, vmxFileName);
    return {
      currentId: list.current,
      snapshots: list.snapshots.map(snapshotInfoOf),
      consolidationNeeded: list.needConsolidate,
    };
  },
});

/** A snapshot as the API has it. */
export function snapshotInfoOf(snapshot: VmsdSnapshot): SnapshotInfo {
  return {
    id: snapshot.uid,
    name: snapshot.displayName,
    description: snapshot.description ?? '',
    createdAtMs: snapshot.createdAtMs,
    parentId: snapshot.parent,
    hasMemory: snapshot.hasMemory,
    disks: snapshot.disks.map(({ node, fileName }) => ({ deviceKey: deviceKeyOf(node as DiskNode), fileName })),
  };
}
