import type { HostName, VmUuid } from '@vcryptsim/ports';
import type { CryptoManagerKmip } from './crypto/crypto-manager-kmip.js';
import type {
  AlarmRecord,
  ClusterName,
  ClusterRecord,
  EventRecord,
  HostRecord,
  TaskRecord,
  VmRecord,
} from './database/schema.js';
import type { VCenterOptions, VmRequest } from './requests.js';

/** The door, until the rooms behind it stand. */
export declare class VCenter {
  static boot(o: VCenterOptions): Promise<VCenter>;
  readonly cryptoManager: CryptoManagerKmip;
  start(): void;
  stop(): Promise<void>;
  addCluster(name: ClusterName): Promise<void>;
  addHost(o: { readonly name: HostName; readonly cluster: ClusterName }): Promise<HostRecord>;
  createVm(o: VmRequest): Promise<TaskRecord>;
  registerVm(o: { readonly host: HostName; readonly vmxPath: string }): Promise<TaskRecord>;
  unregisterVm(vm: VmUuid): Promise<TaskRecord>;
  powerOnVm(vm: VmUuid): Promise<TaskRecord>;
  powerOffVm(vm: VmUuid): Promise<TaskRecord>;
  unlockVm(vm: VmUuid): Promise<TaskRecord>;
  reconnectHost(host: HostName): Promise<TaskRecord>;
  clusters(): readonly ClusterRecord[];
  hosts(): readonly HostRecord[];
  vms(): readonly VmRecord[];
  tasks(): readonly TaskRecord[];
  eventRecords(): readonly EventRecord[];
  alarms(): readonly AlarmRecord[];
}
