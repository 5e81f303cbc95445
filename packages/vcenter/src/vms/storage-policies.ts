import { VCenterError } from '../errors.js';

/**
 * The sample policy that every vCenter has, with an encrypting IO filter as its only rule
 * (facts/vsphere-encryption.md section 11).
 */
export const VM_ENCRYPTION_POLICY = {
  name: 'VM Encryption Policy',
  profileId: '4d5f673c-536f-11e6-beb8-9e71128cae77',
} as const;

/** Says whether a storage policy encrypts. @throws VCenterError POLICY_NOT_FOUND */
export function encrypts(policy: string): boolean {
  if (policy === VM_ENCRYPTION_POLICY.name) return true;
  throw new VCenterError(
    { code: 'POLICY_NOT_FOUND', policy },
    `There is no storage policy "${policy}". The one that encrypts is "${VM_ENCRYPTION_POLICY.name}"; leave the policy out for a plain VM.`,
  );
}
