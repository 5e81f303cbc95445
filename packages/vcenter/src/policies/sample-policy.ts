import type { PolicyId, PolicyRecord } from '../database/schema.js';

/** "VM Encryption Policy", which every vCenter has (facts/vsphere-encryption.md section 11). It is cloned, not edited. */
export const SAMPLE_POLICY: PolicyRecord = {
  id: '4d5f673c-536f-11e6-beb8-9e71128cae77' as PolicyId,
  name: 'VM Encryption Policy',
  description: "Sample storage policy for VMware's VM and virtual disk encryption",
  encrypts: true,
  allowCleartextFilters: false,
  generation: 0,
};

/** What a VM or disk without a storage policy of its own has: no rules. It is no profile and has no ID. */
export const DATASTORE_DEFAULT = 'Datastore Default';
