import { atLeast, type VCenterVersion } from '../terms/versions.js';

/** The texts of an event type, each with the release from which it holds. */
type History = readonly (readonly [VCenterVersion, string])[];

/**
 * Event type IDs as VMware spells them (`Crypto` and `crypto` really alternate), with the sentence of each release
 * (facts/vsphere-rules.md section 3.1: "KMS cluster" became "key provider" at 7.0U2, the tense changed at 7.0). A release
 * before the first entry has no such event. Catalogues of releases before 6.7U3 are not public: 6.5 is taken to have
 * what that one has [ours]. The sentences of the `vim.event` classes and of the events about snapshots and disks
 * (facts/vsphere-formats.md Q9 has their IDs and arguments) are ours [ours O43].
 */
const EVENT_TEXTS = {
  'com.vmware.vc.vm.Crypto.VMLocked.KeyMissingOnHost': [
    ['6.5', 'Virtual machine is locked because keys are missing on host'],
    ['7.0', 'Virtual machine is locked because keys were missing on the host'],
  ],
  'com.vmware.vc.vm.Crypto.VMLocked.KeyMissingOnKMS': [
    ['6.5', 'Virtual machine is locked because keys are missing on KMS cluster'],
    ['7.0', 'Virtual machine is locked because keys were missing on the KMS cluster'],
    ['7.0U2', 'Virtual machine is locked because keys were missing on the key provider'],
  ],
  'com.vmware.vc.vm.Crypto.VMLocked.KMSClusterError': [
    ['6.5', 'Virtual machine is locked because of a KMS cluster error'],
    ['7.0', 'Virtual machine is locked because an error occurred on the KMS cluster'],
    ['7.0U2', 'Virtual machine is locked because an error occurred on the key provider'],
  ],
  'com.vmware.vc.vm.Crypto.VMUnlocked': [['6.5', 'Virtual machine is unlocked']],
  'com.vmware.vc.vm.crypto.NoDiskSpace': [
    ['7.0', 'Cryptographic operation failed due to insufficient disk space on datastore'],
  ],
  'com.vmware.vc.vm.crypto.DiskchainUsingMixedKeys': [['7.0', 'The disk device is encrypted with mixed keys']],
  // The catalogues have no text for it; this one is ours.
  'com.vmware.vc.vm.crypto.RekeyFail': [['7.0U1', 'Virtual machine could not be recrypted']],
  'com.vmware.vc.crypto.Operation': [['6.5', 'Crypto operation audit event']],
  'com.vmware.vc.host.Crypto.Enabled': [
    ['6.5', 'Host is on encryption mode'],
    ['7.0', 'Encryption mode is enabled on host'],
  ],
  'com.vmware.vc.host.Crypto.ReqEnable.KeyMissingOnKMS': [
    ['6.5', 'Host requires encryption mode enabled and the key is not available on the KMS cluster'],
    ['7.0U2', 'Host requires encryption mode enabled and the key is not available on the key provider'],
  ],
  'com.vmware.vc.host.Crypto.ReqEnable.KMSClusterError': [
    ['6.5', 'Host requires encryption mode enabled and the KMS cluster is not available'],
    ['7.0U2', 'Host requires encryption mode enabled and the key provider is not available'],
  ],
  'com.vmware.vc.host.Crypto.SendKeyError.HostError': [['7.0', 'Failed to send keys to host because of host error']],
  'com.vmware.vc.kms.crypto.KeyGenerateFail': [
    ['7.0', 'Key creation failed on KMS cluster'],
    ['7.0U2', 'Key creation failed on key provider'],
  ],
  'com.vmware.vc.kms.crypto.Unreachable': [['7.0', 'Key Management Server is unreachable']],
  'com.vmware.vc.vm.VmStateRevertedToSnapshot': [['6.5', 'Virtual machine was reverted to a snapshot']],
  'com.vmware.vc.vm.VmStateFailedToRevertToSnapshot': [['6.5', 'Virtual machine could not be reverted to a snapshot']],
  'com.vmware.vc.vm.VmConvertedToTemplateEvent': [['6.5', 'Virtual machine was made a template']],
  'com.vmware.vc.vm.TemplateConvertedToVmEvent': [['6.5', 'Template was made a virtual machine']],
  'com.vmware.vc.VmDiskConsolidationNeeded': [['6.5', 'Virtual machine disks need to be consolidated']],
  'com.vmware.vc.VmDiskConsolidationNoLongerNeeded': [
    ['6.5', 'Virtual machine disks no longer need to be consolidated'],
  ],
  'com.vmware.vc.VmDiskConsolidatedEvent': [['6.5', 'Virtual machine disks were consolidated']],
  'com.vmware.vc.VmDiskFailedToConsolidateEvent': [['6.5', 'Virtual machine disks could not be consolidated']],
  'vim.event.HostConnectedEvent': [['6.5', 'Host is connected']],
  'vim.event.HostConnectionLostEvent': [['6.5', 'Host is not responding']],
  'vim.event.HostAddedEvent': [['6.5', 'Host was added']],
  'vim.event.VmDiscoveredEvent': [['6.5', 'Virtual machine was found on host']],
  'vim.event.VmCreatedEvent': [['6.5', 'Virtual machine was created']],
  'vim.event.VmRegisteredEvent': [['6.5', 'Virtual machine was registered']],
  'vim.event.VmBeingClonedEvent': [['6.5', 'Virtual machine is being cloned']],
  'vim.event.VmClonedEvent': [['6.5', 'Virtual machine was cloned from']],
  'vim.event.VmCloneFailedEvent': [['6.5', 'Virtual machine could not be cloned']],
  'vim.event.VmRemovedEvent': [['6.5', 'Virtual machine was taken out of the inventory']],
  'vim.event.VmReconfiguredEvent': [['6.5', 'Virtual machine was reconfigured']],
  'vim.event.VmPoweredOnEvent': [['6.5', 'Virtual machine was powered on']],
  'vim.event.VmSuspendedEvent': [['6.5', 'Virtual machine was suspended']],
  'vim.event.VmResumingEvent': [['6.5', 'Virtual machine goes on from where it was suspended']],
  'vim.event.VmPoweredOffEvent': [['6.5', 'Virtual machine was powered off']],
  'vim.event.RoleAddedEvent': [['6.5', 'Role was added']],
  'vim.event.RoleUpdatedEvent': [['6.5', 'Role was changed']],
  'vim.event.RoleRemovedEvent': [['6.5', 'Role was removed']],
  'vim.event.PermissionAddedEvent': [['6.5', 'Permission was set']],
  'vim.event.PermissionRemovedEvent': [['6.5', 'Permission was removed']],
  'vim.event.ProfileAssociatedEvent': [['6.5', 'Storage policy was associated']],
  // The product keeps the old format silently (row S23).
  'vcryptsim.DiskFormatKeptEvent': [['6.5', 'Disks kept the format of their source although another was asked for']],
  'vcryptsim.VCenterApplianceEncryptedEvent': [
    ['6.5', 'A vCenter Server was encrypted: it cannot start again without the keys that it would have to fetch'],
  ],
} as const satisfies Readonly<Record<string, History>>;

export type EventType = keyof typeof EVENT_TEXTS;

/** Every event type that vCenter can record. */
export const EVENT_TYPES = Object.keys(EVENT_TEXTS) as readonly EventType[];

/** The sentence of an event in a release, without its full stop; null where the release has no such event. */
export function eventText(type: EventType, version: VCenterVersion): string | null {
  const texts: History = EVENT_TEXTS[type];
  return texts.findLast(([since]) => atLeast(version, since))?.[1] ?? null;
}

/** Names of the default alarms that watch encryption (facts/vsphere-rules.md section 4; the second and third are from memory). */
export const ALARM_NAMES = {
  vmLocked: 'Virtual Machine Locked Alarm',
  hostRequiresEncryptionMode: 'Host Requires Encryption Mode Enabled Alarm',
  keyServerHealth: 'Key Management Server Health Status Alarm',
} as const;

export type AlarmName = (typeof ALARM_NAMES)[keyof typeof ALARM_NAMES];
