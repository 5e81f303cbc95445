import type { VmInfo } from '@vcryptsim/hypervisor/api';
import type { MoRef } from '@vcryptsim/ports';
import type { PolicyRecord, VmRecord } from '../database/schema.js';

/** What a VM that is being made was asked to have; the host knows nothing of it. */
export interface AppliedPolicy {
  readonly folder: MoRef<'Folder'>;
  readonly product: VmRecord['product'];
  readonly keysWithheld: boolean;
  /** null for Datastore Default. */
  readonly home: PolicyRecord | null;
  /** In the order of the disks. */
  readonly disks: readonly (PolicyRecord | null)[];
}

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
  const home = applied ? policyOf(applied.home) : known ? pick(known) : none;
  return {
    ...{ id, uuid: vm.uuid, name: vm.name, parent, host, vmxPath: vm.vmxPath },
    product: applied?.product ?? known?.product ?? null,
    ...home,
    ...{ powerState: vm.powerState, connectionState: vm.connectionState, cryptoState: vm.cryptoState, keyId: vm.keyId },
    keysWithheld: applied?.keysWithheld ?? known?.keysWithheld ?? false,
    disks: vm.disks.map(({ deviceKey, fileName, keyId }, index) => {
      const before = known?.disks.find((disk) => disk.deviceKey === deviceKey);
      const own = applied ? policyOf(applied.disks[index] ?? null) : before ? pick(before) : none;
      return { deviceKey, fileName, keyId, ...own };
    }),
  };
}

/** Says whether two records are the same: plain data whose members always stand in one order. */
export function sameRecord(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function pick({ policy, policyGeneration }: Pick<VmRecord, 'policy' | 'policyGeneration'>) {
  return { policy, policyGeneration };
}
