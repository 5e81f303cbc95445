import type { EsxiVersion } from './crypto-state.js';

/**
 * What a host can do with encryption, under the product's own names (HostCapability). A field that the host's own API
 * does not have yet is absent, not false.
 */
export interface HostCapability {
  /** VM encryption at all. From 6.5, as the fields after it unless they say otherwise. */
  readonly cryptoSupported?: boolean;
  readonly encryptedVMotionSupported?: boolean;
  /** May change whether a disk is encrypted while adding or removing it. */
  readonly encryptionChangeOnAddRemoveSupported?: boolean;
  /** May encrypt or decrypt a VM that is powered on; shallow recrypt is not what it means. */
  readonly encryptionHotOperationSupported?: boolean;
  /** May encrypt or decrypt a VM that has snapshots; shallow recrypt is not what it means. */
  readonly encryptionWithSnapshotsSupported?: boolean;
  /** Fault tolerance of an encrypted VM. */
  readonly encryptionFaultToleranceSupported?: boolean;
  /** Suspending an encrypted VM, and its snapshots with memory. */
  readonly encryptionMemorySaveSupported?: boolean;
  readonly encryptionRDMSupported?: boolean;
  readonly encryptionVFlashSupported?: boolean;
  readonly encryptionCBRCSupported?: boolean;
  /** Host-based replication of encrypted disks. */
  readonly encryptionHBRSupported?: boolean;

  /** Encrypted fault tolerance logging. From 7.0U2. */
  readonly encryptedFtSupported?: boolean;
  /** Encryption of the host's own configuration. From 7.0U2. */
  readonly hostConfigEncryptionSupported?: boolean;

  readonly tpmSupported: boolean;
  /** Empty without a TPM. From 6.7. */
  readonly tpmVersion?: string;
}

/** Hosts here have no TPM (row O11). */
const ESXI_6_0: HostCapability = { tpmSupported: false };

const ESXI_6_5: HostCapability = {
  ...ESXI_6_0,
  cryptoSupported: true,
  encryptedVMotionSupported: true,
  encryptionChangeOnAddRemoveSupported: false,
  encryptionHotOperationSupported: false,
  encryptionWithSnapshotsSupported: false,
  encryptionFaultToleranceSupported: false,
  encryptionMemorySaveSupported: false,
  encryptionRDMSupported: false,
  encryptionVFlashSupported: false,
  encryptionCBRCSupported: false,
  encryptionHBRSupported: false,
};

const ESXI_6_7: HostCapability = {
  ...ESXI_6_5,
  encryptionMemorySaveSupported: true,
  encryptionHBRSupported: true,
  tpmVersion: '',
};

const ESXI_7_0U2: HostCapability = {
  ...ESXI_6_7,
  encryptionFaultToleranceSupported: true,
  encryptedFtSupported: true,
  hostConfigEncryptionSupported: true,
};

/**
 * The capabilities of each release. Those of 6.7 were read off real hosts, and since when a field is there the API says;
 * the other values are inferred from the manuals of each release (facts/vsphere-rules.md section 1.2) [ours O24].
 */
const CAPABILITIES: Readonly<Record<EsxiVersion, HostCapability>> = {
  '6.0': ESXI_6_0,
  '6.5': ESXI_6_5,
  '6.7': ESXI_6_7,
  '7.0': ESXI_6_7,
  '7.0U2': ESXI_7_0U2,
  '8.0': ESXI_7_0U2,
  '8.0U3': ESXI_7_0U2,
};

/** What a host of this version can do. */
export function capabilityOf(version: EsxiVersion): HostCapability {
  return CAPABILITIES[version];
}

/** The versions that are known, oldest first. */
export const ESXI_VERSIONS = Object.keys(CAPABILITIES) as readonly EsxiVersion[];
