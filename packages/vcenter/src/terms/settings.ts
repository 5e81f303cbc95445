/** The times of vCenter's loops, and what is left to its administrator. */
export interface VCenterSettings {
  /** How often each host is looked at, in milliseconds. */
  readonly heartbeatMs: number;
  /** How often each key server's health is polled, in milliseconds. */
  readonly healthPollMs: number;
  /** How often keys that a host still lacks are asked for again, in milliseconds (`vpxd.KMS.remediationInterval`). */
  readonly remediationIntervalMs: number;
  /** How long a key server may take to be connected, and again to answer each message, in milliseconds. */
  readonly kmsTimeoutMs: number;
  /** What becomes of a request to encrypt a vCenter Server appliance: an event, or a refusal (row S18; the refusal is ours). */
  readonly encryptedVCenter: 'warn' | 'refuse';
}

/**
 * Health poll and remediation: 300 s as observed (facts/kmip.md part 2, facts/vsphere-encryption.md section 1). The
 * heartbeat of 10 s is what ESXi sends vCenter by default. The key-server time-out is ours: no source tells the real one.
 */
export const DEFAULT_SETTINGS: VCenterSettings = {
  heartbeatMs: 10_000,
  healthPollMs: 300_000,
  remediationIntervalMs: 300_000,
  kmsTimeoutMs: 30_000,
  encryptedVCenter: 'warn',
};
