import type { SnapshotList } from '@vcryptsim/hypervisor/api';
import type { VmRecord } from '../../../database/schema.js';
import type { ReachedHost } from '../../../inventory/host-connections.js';
import { VCenterError } from '../../../terms/errors.js';
import { doesAny, type ReconfigurePlan } from '../reconfigure/plan-reconfigure.js';

/**
 * Refuses, before a key is made, to rewrite the data of a VM that has snapshots, and to recrypt one whose snapshots are in
 * branches; a line of any length may be recrypted shallow (facts/vsphere-rules.md section 2.1).
 *
 * @throws VCenterError SNAPSHOTS_PRESENT; HypervisorError
 */
export async function refuseWithSnapshots({ api }: ReachedHost, vm: VmRecord, plan: ReconfigurePlan): Promise<void> {
  const rewrites = doesAny(plan, 'Encrypt', 'Decrypt', 'DeepRecrypt');
  if (!rewrites && !doesAny(plan, 'ShallowRecrypt')) return;
  const list = await api.snapshots(vm.uuid);
  if (rewrites && (list.snapshots.length > 0 || list.consolidationNeeded)) {
    throw snapshotsPresent(
      vm.name,
      'has snapshots, or disks that are still to be consolidated. Remove and consolidate all.',
    );
  }
  if (isBranched(list)) {
    throw snapshotsPresent(
      vm.name,
      'has snapshots in branches. Remove some until one line is left, at whose end the VM is.',
    );
  }
}

/** Whether the snapshots are no single line at whose end the VM is. */
function isBranched({ snapshots, currentId }: SnapshotList): boolean {
  const parents = snapshots.map(({ parentId }) => parentId);
  return new Set(parents).size < parents.length || parents.includes(currentId);
}

/** InvalidVmConfig (facts/vsphere-encryption.md section 2, "Faults"). */
function snapshotsPresent(vm: string, why: string): VCenterError {
  const messageKey = 'msg.hostd.configSpec.enc.snapshots';
  return new VCenterError({ code: 'SNAPSHOTS_PRESENT', vm, messageKey }, `VM ${vm} ${why}`);
}
