import type { MoRef } from '@vcryptsim/ports';
import type { PolicyRecord, VmRecord } from '../database/schema.js';

/** PbmComplianceStatus, as the API spells it. */
export type ComplianceStatus = 'compliant' | 'nonCompliant' | 'notApplicable' | 'unknown' | 'outOfDate';

/** What a check found of the VM home or of one disk (PbmComplianceResult). */
export interface ComplianceResult {
  readonly vm: MoRef<'VirtualMachine'>;
  /** Device key of the disk; null for the VM home. */
  readonly disk: number | null;
  /** Name of its policy; null for Datastore Default. */
  readonly policy: string | null;
  readonly status: ComplianceStatus;
  /** What the policy asks for and what is there instead; absent where nothing is violated. */
  readonly violated?: { readonly property: string; readonly expectedValue: string; readonly currentValue: string };
}

/** The IO filter of VM encryption, as a policy's rule names it. */
const FILTER = 'vmwarevmcrypt@ENCRYPTION';
const NO_FILTER = 'no IO filter';

/**
 * Compares a VM with its policies.
 *
 * @param vm as it was seen just now
 * @param isSeen whether its host answered and could read its files; else nothing is known
 * @param policyOf finds a policy by its ID
 */
export function complianceOf(
  vm: VmRecord,
  isSeen: boolean,
  policyOf: (id: string) => PolicyRecord | undefined,
): readonly ComplianceResult[] {
  const parts = [{ disk: null, ...pick(vm) }, ...vm.disks.map((disk) => ({ disk: disk.deviceKey, ...pick(disk) }))];
  return parts.map(({ disk, policy: id, policyGeneration, keyId }) => {
    const about = { vm: vm.id, disk };
    if (id === null) return { ...about, policy: null, status: 'notApplicable' };
    const policy = policyOf(id);
    if (!policy || !isSeen) return { ...about, policy: policy?.name ?? id, status: 'unknown' };
    const found = { ...about, policy: policy.name };
    if (policy.encrypts !== (keyId !== null)) {
      const [expectedValue, currentValue] = policy.encrypts ? [FILTER, NO_FILTER] : [NO_FILTER, FILTER];
      return { ...found, status: 'nonCompliant', violated: { property: 'IOFILTERS', expectedValue, currentValue } };
    }
    return { ...found, status: policyGeneration === policy.generation ? 'compliant' : 'outOfDate' };
  });
}

function pick({ policy, policyGeneration, keyId }: Pick<VmRecord, 'policy' | 'policyGeneration' | 'keyId'>) {
  return { policy, policyGeneration, keyId };
}
