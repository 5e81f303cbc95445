/**
 * Event type IDs as VMware spells them (`Crypto` and `crypto` really alternate), with the sentence that goes with each.
 * IDs and sentences of 7.0U3, from a published catalogue of that release (docs/fidelity.md, source EVT): "KMS cluster"
 * became "key provider" at 7.0U2. Those of the three last are ours.
 */
export const EVENT_SENTENCES = {
  'com.vmware.vc.vm.Crypto.VMLocked.KeyMissingOnHost':
    'Virtual machine is locked because keys were missing on the host',
  'com.vmware.vc.vm.Crypto.VMLocked.KeyMissingOnKMS':
    'Virtual machine is locked because keys were missing on the key provider',
  'com.vmware.vc.vm.Crypto.VMLocked.KMSClusterError':
    'Virtual machine is locked because an error occurred on the key provider',
  'com.vmware.vc.vm.Crypto.VMUnlocked': 'Virtual machine is unlocked',
  'com.vmware.vc.host.Crypto.Enabled': 'Encryption mode is enabled on host',
  'com.vmware.vc.host.Crypto.ReqEnable.KeyMissingOnKMS':
    'Host requires encryption mode enabled and the key is not available on the key provider',
  'com.vmware.vc.host.Crypto.ReqEnable.KMSClusterError':
    'Host requires encryption mode enabled and the key provider is not available',
  'com.vmware.vc.host.Crypto.SendKeyError.HostError': 'Failed to send keys to host because of host error',
  'com.vmware.vc.kms.crypto.KeyGenerateFail': 'Key creation failed on key provider',
  'com.vmware.vc.kms.crypto.Unreachable': 'Key Management Server is unreachable',
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
