export { CryptoManagerKmip, type KmipServerStatus } from './crypto/crypto-manager-kmip.js';
export type {
  AlarmRecord,
  ClusterName,
  ClusterRecord,
  EntityRef,
  EventRecord,
  HostRecord,
  KeyProviderRecord,
  KeyServerRecord,
  TaskFailure,
  TaskRecord,
  VmRecord,
} from './database/schema.js';
export { type ServerFailure, VCenterError, type VCenterErrorCode, type VCenterFault } from './errors.js';
export type { KmipStep, ServerHealth, VCenterEvent } from './events.js';
export type { HostLinks } from './host-links.js';
export { ALARM_NAMES, type AlarmName, type EventType } from './records/event-types.js';
export type { KmipServerSpec, VCenterOptions, VmRequest } from './requests.js';
export { DEFAULT_SETTINGS, type VCenterSettings, type VCenterVersion } from './settings.js';
export { VCenter } from './vcenter.js';
