import type { VmInfo } from '@vcryptsim/hypervisor/api';
import type { MoRef } from '@vcryptsim/ports';
import type { PolicyRecord, VmRecord } from '../database/schema.js';

/** A policy to take over, null for Datastore Default; that of another VM as it was applied there; `kept` leaves what is known. */
type Applied = PolicyRecord | null | { readonly copied: Policies } | 'kept';

/** What a VM that is being made or changed was asked to have; the host knows nothing of it. */
export interface AppliedPolicy {
  readonly folder: MoRef<'Folder'>;
  readonly product: VmRecord['product'];
  readonly keysWithheld: boolean;
  readonly home: Applied;
  /** In the order of the disks. */
  readonly disks: readonly Applied[];
}

type Policies = Pick<VmRecord, 'policy' | 'policyGeneration'>;

/**
 * A VM as its host sees it now, with what only vCenter knows of it: its place in the tree and its policies, which the
 * files do not hold.
 */
export function vmRecordOf(
  id: MoRef<'VirtualMachine'>,
  parent: MoRef<'Folder'>,
  host: MoRef<'HostSystem'>,
  vm: VmInfo,
  known: VmRecord | null,
  applied: AppliedPolicy | undefined,
): VmRecord {
  const policyOf = (policy: PolicyRecord | null) => ({
    policy: policy?.id ?? null,
    policyGeneration: policy?.generation ?? 0,
  });
  const none = policyOf(null);
  const ownOf = (wanted: Applied | undefined, before: Policies | null | undefined) => {
    if (wanted !== null && typeof wanted === 'object' && 'copied' in wanted) return pick(wanted.copied);
    if (wanted !== undefined && wanted !== 'kept') return policyOf(wanted);
    return before ? pick(before) : none;
  };
  return {
    ...{ id, uuid: vm.uuid, name: vm.name, parent, host, vmxPath: vm.vmxPath },
    product: applied?.product ?? known?.product ?? null,
    ...ownOf(applied?.home, known),
    ...{ powerState: vm.powerState, connectionState: vm.connectionState, cryptoState: vm.cryptoState, keyId: vm.keyId },
    keysWithheld: applied?.keysWithheld ?? known?.keysWithheld ?? false,
    disks: vm.disks.map(({ deviceKey, fileName, keyId }, index) => {
      const before = known?.disks.find((disk) => disk.deviceKey === deviceKey);
      return { deviceKey, fileName, keyId, ...ownOf(applied?.disks[index], before) };
    }),
  };
}

/** Says whether two records are the same: plain data whose members always stand in one order. */
export function sameRecord(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function pick({ policy, policyGeneration }: Policies) {
  return { policy, policyGeneration };
}
