import type { CryptoState, EsxiVersion } from '@vcryptsim/hypervisor/api';
import type {
  Brand,
  CryptoKeyId,
  HostName,
  HostUuid,
  KeyServerName,
  NetworkAddress,
  ProviderId,
  VmName,
  VmUuid,
} from '@vcryptsim/ports';

/** Name of a cluster of hosts (ClusterComputeResource). */
export type ClusterName = Brand<string, 'ClusterName'>;

/** A cluster of hosts. */
export interface ClusterRecord {
  readonly name: ClusterName;
  /** ID of the key that hosts of this cluster use as host key; null while no encrypted VM asked for encryption mode. */
  readonly hostKeyId: CryptoKeyId | null;
}

/** A host as it was last seen. */
export interface HostRecord {
  readonly name: HostName;
  readonly uuid: HostUuid;
  readonly version: EsxiVersion;
  readonly cluster: ClusterName;
  readonly connectionState: 'connected' | 'notResponding';
  readonly cryptoState: CryptoState;
  /** Boot that was last seen. */
  readonly incarnation: number;
}

/** A VM as it was last seen. Key IDs are copies of what the VM's files say; the files win. */
export interface VmRecord {
  readonly uuid: VmUuid;
  readonly name: VmName;
  readonly host: HostName;
  /** `[datastore] folder/name.vmx` */
  readonly vmxPath: string;
  /** Name of the storage policy that was applied, or null. */
  readonly policy: string | null;
  readonly powerState: 'poweredOn' | 'poweredOff';
  readonly connectionState: 'connected' | 'invalid' | 'inaccessible';
  readonly cryptoState: 'unlocked' | 'locked';
  /** KEK of the VM home, or null for a plain VM. */
  readonly keyId: CryptoKeyId | null;
  /** KEK of each disk, in the order of the disks; null for a plain disk. */
  readonly diskKeyIds: readonly (CryptoKeyId | null)[];
}

/** One key server of a provider (KmipServerInfo). */
export interface KeyServerRecord {
  readonly name: KeyServerName;
  readonly address: NetworkAddress;
  /** Goes into KMIP headers with the password that lies in VECS; null: no credential is sent. */
  readonly userName: string | null;
  /** SHA-256 of the certificate that was uploaded as trusted (lower-case hex; the certificate lies in VECS), or null. */
  readonly trustedCertificateSha256: string | null;
}

/** A standard key provider: servers of one vendor that replicate keys among themselves, tried in this order. */
export interface KeyProviderRecord {
  readonly providerId: ProviderId;
  readonly useAsDefault: boolean;
  readonly servers: readonly KeyServerRecord[];
}

/** What a record is about. */
export interface EntityRef {
  readonly type: 'Folder' | 'ClusterComputeResource' | 'HostSystem' | 'VirtualMachine' | 'KeyProvider';
  /** Tells it from every other of its type, whatever its name: the UUID of a VM. */
  readonly id: string;
  readonly name: string;
}

/** Why a task failed: code and fields of the refusal, with its sentence. */
export interface TaskFailure {
  readonly code: string;
  readonly fault: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** One task (TaskInfo). */
export interface TaskRecord {
  /** `task-1`, `task-2` ... */
  readonly id: string;
  /** Method name as vSphere spells it, such as `CreateVM_Task`. */
  readonly name: string;
  readonly entity: EntityRef;
  readonly state: 'running' | 'success' | 'error';
  /** Milliseconds since 1970. */
  readonly startedMs: number;
  readonly endedMs: number | null;
  /** What it made, such as the UUID of a VM. */
  readonly result: string | null;
  readonly error: TaskFailure | null;
}

/** One event (EventEx). */
export interface EventRecord {
  readonly id: number;
  /** Event type ID as VMware spells it. */
  readonly type: string;
  readonly entity: EntityRef;
  /** Milliseconds since 1970. */
  readonly createdMs: number;
  /** fullFormattedMessage */
  readonly message: string;
}

/** An alarm that is raised now. */
export interface AlarmRecord {
  readonly name: string;
  readonly entity: EntityRef;
  readonly status: 'yellow' | 'red';
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly raisedMs: number;
}

/**
 * Everything that vCenter keeps. `vcdb.json` is this object as JSON, indented by two, UTF-8, replaced whole:
 * first what a reader looks for, then the records, newest last.
 *
 * What it must never hold is any key: there is no field for one, and key IDs are names (rows S02, S27).
 */
export interface VcDatabaseContent {
  readonly format: 'vcryptsim-vcdb';
  readonly formatVersion: 1;
  readonly name: string;
  readonly clusters: readonly ClusterRecord[];
  readonly hosts: readonly HostRecord[];
  readonly vms: readonly VmRecord[];
  readonly keyProviders: readonly KeyProviderRecord[];
  readonly alarms: readonly AlarmRecord[];
  readonly nextTaskNumber: number;
  readonly nextEventNumber: number;
  readonly tasks: readonly TaskRecord[];
  readonly events: readonly EventRecord[];
}

/** How many finished tasks and how many events are kept; older ones are dropped, as the real one does after 30 days. */
export const RECORDS_MAX = 1_000;

/** A database as it is when a vCenter is installed. */
export function emptyDatabase(name: string): VcDatabaseContent {
  return {
    format: 'vcryptsim-vcdb',
    formatVersion: 1,
    name,
    clusters: [],
    hosts: [],
    vms: [],
    keyProviders: [],
    alarms: [],
    nextTaskNumber: 1,
    nextEventNumber: 1,
    tasks: [],
    events: [],
  };
}
