/**
 * Event type IDs as VMware spells them (`Crypto` and `crypto` really alternate), with the sentence that goes with each.
 * IDs: facts/vsphere-encryption.md section 2, "Events". Sentences: the two VMLocked ones on key servers are those of the
 * 6.7 security guide (facts/ecosystem.md section 4); the others are ours, since the real ones are not at hand.
 */
export const EVENT_SENTENCES = {
  'com.vmware.vc.vm.Crypto.VMLocked.KeyMissingOnHost': 'Virtual machine is locked because keys are missing on host',
  'com.vmware.vc.vm.Crypto.VMLocked.KeyMissingOnKMS':
    'Virtual machine is locked because keys are missing on KMS cluster',
  'com.vmware.vc.vm.Crypto.VMLocked.KMSClusterError': 'Virtual machine is locked because of a KMS cluster error',
  'com.vmware.vc.vm.Crypto.VMUnlocked': 'Virtual machine is unlocked',
  'com.vmware.vc.host.Crypto.Enabled': 'Encryption mode is enabled on host',
  'com.vmware.vc.host.Crypto.ReqEnable.KeyMissingOnKMS':
    'Host requires encryption mode enabled, and the host key is missing on KMS cluster',
  'com.vmware.vc.host.Crypto.ReqEnable.KMSClusterError':
    'Host requires encryption mode enabled, and there is a KMS cluster error',
  'com.vmware.vc.host.Crypto.HostKey.NewKey.KMSClusterError': 'No new host key: there is a KMS cluster error',
  'com.vmware.vc.host.Crypto.SendKeyError.HostError': 'Keys could not be sent to host',
  'com.vmware.vc.kms.crypto.KeyGenerateFail': 'KMS cluster could not generate a key',
  'com.vmware.vc.kms.crypto.Unreachable': 'KMS is not reachable',
  'vim.event.HostConnectedEvent': 'Host is connected',
  'vim.event.HostConnectionLostEvent': 'Host is not responding',
  'vim.event.VmDiscoveredEvent': 'Virtual machine was found on host',
} as const;

export type EventType = keyof typeof EVENT_SENTENCES;

/** Names of the default alarms that watch encryption; the labels are from memory of the product. */
export const ALARM_NAMES = {
  vmLocked: 'Virtual Machine Locked Alarm',
  hostRequiresEncryptionMode: 'Host Requires Encryption Mode Enabled Alarm',
  keyServerHealth: 'Key Management Server Health Status Alarm',
} as const;

export type AlarmName = (typeof ALARM_NAMES)[keyof typeof ALARM_NAMES];
