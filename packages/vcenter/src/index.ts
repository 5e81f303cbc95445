export { ADMINISTRATOR } from './access/administrator.js';
export type { Privilege } from './access/privileges.js';
export type { KmipServerStatus } from './crypto/kmip-server-status.js';
export {
  type AlarmRecord,
  type ComputeResourceRecord,
  type DatacenterRecord,
  type DatastoreRecord,
  type EntityRef,
  type EventRecord,
  type FolderRecord,
  type HostRecord,
  type KeyProviderRecord,
  type KeyServerRecord,
  type PermissionRecord,
  type PolicyId,
  type PolicyRecord,
  type RoleId,
  type RoleRecord,
  type TaskFailure,
  type TaskRecord,
  type UserName,
  type UserRecord,
  type VmRecord,
  VPXD,
} from './database/schema.js';
export { ROOT_FOLDER } from './inventory/root-folder.js';
export type { CloneVmArguments } from './operations/vm/clone/plan-clone.js';
export type { CreateVmArguments, NewDisk } from './operations/vm/create-vm.js';
export type { CryptoWish } from './operations/vm/reconfigure/crypto-wish.js';
export type { ReconfigVmArguments } from './operations/vm/reconfigure/plan-reconfigure.js';
export type { ComplianceResult, ComplianceStatus } from './policies/compliance.js';
export { DATASTORE_DEFAULT, SAMPLE_POLICY } from './policies/sample-policy.js';
export { ALARM_NAMES, type AlarmName, EVENT_TYPES, type EventType } from './records/event-texts.js';
export type { TaskHandle, TaskProgress } from './records/tasks.js';
export type { Session } from './session.js';
export { type ServerFailure, VCenterError, type VCenterErrorCode, type VCenterFault } from './terms/errors.js';
export type { KmipStep, ServerHealth, VCenterEvent } from './terms/events.js';
export type { HostLinks } from './terms/host-links.js';
export type { KmipServerSpec, VCenterOptions } from './terms/requests.js';
export { DEFAULT_SETTINGS, type VCenterSettings } from './terms/settings.js';
export { impossiblePair, VCENTER_VERSIONS, type VCenterVersion } from './terms/versions.js';
export { VCenter } from './vcenter.js';
