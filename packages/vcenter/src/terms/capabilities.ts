import type { VCenterVersion } from './versions.js';

/** What is known of one thing that a vCenter can do with encryption. */
interface CapabilityFacts {
  readonly since: VCenterVersion;
  /** What it is, and where the release is from; `[ours]` where it is inferred. */
  readonly about: string;
}

/**
 * What a vCenter of each release can do with encryption, beside the capabilities of hosts (hypervisor/api/capability.ts).
 * The product has no such list: names are those of the methods and options, or ours.
 */
export const VCENTER_CAPABILITIES = {
  standardKeyProvider: { since: '6.5', about: 'key servers by KMIP (CryptoManagerKmip)' },
  CryptoUnlock_Task: { since: '6.7', about: 'vim-api.md section 3' },
  queryCryptoKeyStatus: { since: '6.7', about: '6.7.2; vim-api.md section 2' },
  crossVCenterEncryptedMigration: { since: '7.0', about: 'vsphere-rules.md section 5.3' },
  trustedKeyProvider: { since: '7.0', about: 'vSphere Trust Authority; vsphere-rules.md section 9' },
  entityDefaultKeyProvider: { since: '7.0', about: 'SetDefaultKmsCluster(entity); vim-api.md section 2' },
  setCryptoMode: { since: '7.0', about: 'ClusterComputeResource.SetCryptoMode' },
  changeHostKey: { since: '7.0', about: 'CryptoManagerHost.ChangeKey_Task; settled.md 8' },
  changeKeysInClone: {
    since: '7.0',
    about: 'RelocateSpec.cryptoSpec; vsphere-encryption.md section 2; the web client from 8.0 [ours O47]',
  },
  deleteLockedVm: { since: '7.0', about: 'settled.md 31 [ours]' },
  nativeKeyProvider: { since: '7.0U2', about: 'vsphere-rules.md section 8' },
  readKeyServersInfo: {
    since: '7.0U2',
    about: 'the first method with this privilege; vsphere-rules.md section 11 [ours]',
  },
  clusterHostKeyPolicy: { since: '8.0U3', about: 'ClusterCryptoConfigInfo.policy; vsphere-rules.md section 10' },
} as const satisfies Readonly<Record<string, CapabilityFacts>>;

export type VCenterCapability = keyof typeof VCENTER_CAPABILITIES;

/** The first release that has it. */
export function sinceOf(capability: VCenterCapability): VCenterVersion {
  return VCENTER_CAPABILITIES[capability].since;
}
