import type { HostApi, SnapshotInfo, SnapshotList } from '@vcryptsim/hypervisor/api';
import type { UserName, VmRecord } from '../../../database/schema.js';
import type { ReachedHost } from '../../../inventory/host-connections.js';
import { vmEntity } from '../../../records/entity.js';
import { codeOf, VCenterError } from '../../../terms/errors.js';
import type { OperationContext } from '../../operation-context.js';

/** The snapshot of this ID. @throws VCenterError OBJECT_NOT_FOUND */
export function snapshotOf({ snapshots }: SnapshotList, id: number, vm: string): SnapshotInfo {
  const found = snapshots.find((each) => each.id === id);
  if (found) return found;
  const there = snapshots.map((each) => `${each.id} (${each.name})`).join(', ') || 'none';
  throw new VCenterError(
    { code: 'OBJECT_NOT_FOUND', object: `snapshot ${id} of ${vm}` },
    `VM ${vm} has no snapshot ${id}; there are: ${there}. Look its snapshots up again.`,
  );
}

/**
 * Has a VM's host change its snapshots or the links of its disks, takes over what the VM then is, and records by events
 * what can be seen of it: that disks need to be consolidated or no longer do, and that a chain has links under different
 * keys (facts/vsphere-formats.md Q9).
 *
 * @param work told what snapshots there were before
 */
export async function changeSnapshots<Answer>(
  context: OperationContext,
  vm: VmRecord,
  user: UserName,
  work: (api: HostApi, before: SnapshotList) => Promise<Answer>,
): Promise<Answer> {
  const host = await context.hosts.reach(vm.host);
  const before = await host.api.snapshots(vm.uuid);
  try {
    const answer = await work(host.api, before);
    await takeOver(context, host, vm, user, before);
    return answer;
  } catch (error) {
    const code = codeOf(error);
    if (code === null) throw error;
    if (code === 'MIXED_KEYS') await recordMixedKeys(context, vm, user, error);
    await lookAgain(context, host, vm, user, before);
    throw error;
  }
}

async function takeOver(
  { eventLog, watch }: OperationContext,
  host: ReachedHost,
  vm: VmRecord,
  user: UserName,
  before: SnapshotList,
): Promise<void> {
  await watch.look(host, vm.uuid);
  const { consolidationNeeded } = await host.api.snapshots(vm.uuid);
  if (consolidationNeeded === before.consolidationNeeded) return;
  const type = `com.vmware.vc.VmDiskConsolidation${consolidationNeeded ? 'Needed' : 'NoLongerNeeded'}` as const;
  await eventLog.record({ type, entity: vmEntity(vm), user });
}

/** A host that is gone, or files that it cannot read, are looked at when it is back. */
async function lookAgain(
  context: OperationContext,
  host: ReachedHost,
  vm: VmRecord,
  user: UserName,
  before: SnapshotList,
): Promise<void> {
  try {
    await takeOver(context, host, vm, user, before);
  } catch (error) {
    if (codeOf(error) === null) throw error;
  }
}

/** Records that the links of a disk have different keys; `error` names the disk. */
export async function recordMixedKeys(
  { eventLog }: OperationContext,
  vm: VmRecord,
  user: UserName,
  error: unknown,
): Promise<void> {
  const type = 'com.vmware.vc.vm.crypto.DiskchainUsingMixedKeys';
  const fault = error instanceof Error && 'fault' in error ? error.fault : null;
  const disk = typeof fault === 'object' && fault !== null && 'disk' in fault ? String(fault.disk) : '';
  await eventLog.record({
    type,
    entity: vmEntity(vm),
    user,
    arguments: { disk },
    ...(disk !== '' && { detail: disk }),
  });
}
