export { capabilityOf, ESXI_VERSIONS, type HostCapability } from './api/capability.js';
export type { CryptoSpec } from './api/crypto-spec.js';
export type { CryptoState, EsxiVersion } from './api/crypto-state.js';
export type { DatastoreInfo, DatastoreType } from './api/datastore.js';
export { HypervisorError, type HypervisorErrorCode, type HypervisorFault } from './api/errors.js';
export type { CryptoKeyResult, CryptoKeyStatus, HostApi, HostRuntime, KeyGrant } from './api/host-api.js';
export type { DiskReconfigureSpec, RewriteWay, VmReconfigureSpec } from './api/reconfigure.js';
export type { DiskCreateSpec, DiskInfo, VmChanges, VmCreateSpec, VmInfo } from './api/vm.js';
export type { ProgressListener, WorkControl } from './api/work-control.js';
