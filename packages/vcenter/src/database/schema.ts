import type { Brand, CryptoKeyId, HostName, HostUuid, KeyServerName, MoRef, ProviderId } from '@vcryptsim/ports';
import { z } from 'zod';

/*
 * What vCenter keeps, table by table: a record is plain data, and its schema is what a start checks. What no table has
 * is a place for a key: key IDs are names (rows S02, S27).
 */

const text = z.string().min(1);
const whole = z.number().int().nonnegative();
const branded = <Text extends string>() => text as unknown as z.ZodType<Text>;

/** Name of a user as it logs in: `administrator@vsphere.local`. */
export type UserName = Brand<string, 'UserName'>;
/** Who does what nobody asked for: remediation, what a host reports. The product's own service is called so. */
export const VPXD = 'vpxd' as UserName;
/** ID of a role: negative for those as shipped, from 1 on for own ones. */
export type RoleId = Brand<number, 'RoleId'>;
/** ID of a storage policy (PbmProfileId), a UUID. */
export type PolicyId = Brand<string, 'PolicyId'>;

const keyId = z.strictObject({
  keyId: branded<CryptoKeyId['keyId']>(),
  providerId: branded<ProviderId>(),
});

/** A folder of the inventory. */
const folder = z.strictObject({
  id: branded<MoRef<'Folder'>>(),
  name: text,
  /** A datacenter or folder; null for the root folder. */
  parent: branded<MoRef<'Folder' | 'Datacenter'>>().nullable(),
});

/** A datacenter with its folders. */
const datacenter = z.strictObject({
  id: branded<MoRef<'Datacenter'>>(),
  name: text,
  parent: branded<MoRef<'Folder'>>(),
  vmFolder: branded<MoRef<'Folder'>>(),
  hostFolder: branded<MoRef<'Folder'>>(),
  datastoreFolder: branded<MoRef<'Folder'>>(),
});

/** A cluster of hosts, or the compute resource of one standalone host. */
const computeResource = z.strictObject({
  id: branded<MoRef<'ClusterComputeResource' | 'ComputeResource'>>(),
  name: text,
  parent: branded<MoRef<'Folder'>>(),
  /** ID of the key that its hosts use as host key; null while none of them asked for encryption mode. */
  hostKeyId: keyId.nullable(),
});

/** A host as it was last seen. */
const host = z.strictObject({
  id: branded<MoRef<'HostSystem'>>(),
  /** The address by which vCenter reaches it; no two hosts of one vCenter have the same. */
  name: branded<HostName>(),
  uuid: branded<HostUuid>(),
  version: z.enum(['6.0', '6.5', '6.7', '7.0', '7.0U2', '8.0', '8.0U3']),
  parent: branded<MoRef<'ClusterComputeResource' | 'ComputeResource'>>(),
  connectionState: z.enum(['connected', 'notResponding']),
  cryptoState: z.enum(['incapable', 'prepared', 'safe', 'pendingIncapable']),
  /** Whether vCenter brought it into encryption mode: it then does so again after each reboot. */
  requiresEncryption: z.boolean(),
  /** Boot that was last seen. */
  incarnation: whole,
  /** Datastores that it has mounted, its first one first. */
  datastores: z.array(branded<MoRef<'Datastore'>>()),
});

/** A datastore that hosts mount under one name. */
const datastore = z.strictObject({
  id: branded<MoRef<'Datastore'>>(),
  name: text,
  type: z.enum(['VMFS', 'NFS']),
  parent: branded<MoRef<'Folder'>>(),
});

/** A disk of a VM. */
const disk = z.strictObject({
  /** Device key, as vSphere numbers disks. */
  deviceKey: whole,
  /** `[datastore] folder/name.vmdk` */
  fileName: text,
  /** KEK that its descriptor names; null for a plain disk. */
  keyId: keyId.nullable(),
  /** Storage policy of the disk; null for Datastore Default. */
  policy: branded<PolicyId>().nullable(),
  /** Generation of the policy when it was applied. */
  policyGeneration: whole,
});

/** A VM as it was last seen. Key IDs are copies of what the VM's files say; the files win. */
const vm = z.strictObject({
  id: branded<MoRef<'VirtualMachine'>>(),
  /** Instance UUID. */
  uuid: branded<Brand<string, 'VmUuid'>>(),
  name: branded<Brand<string, 'VmName'>>(),
  parent: branded<MoRef<'Folder'>>(),
  host: branded<MoRef<'HostSystem'>>(),
  /** `[datastore] folder/name.vmx` */
  vmxPath: text,
  /** What runs in it, where that matters: a vCenter Server appliance must not be encrypted (row S18). */
  product: z.enum(['vCenter Server']).nullable(),
  /** Storage policy of the VM home; null for Datastore Default. */
  policy: branded<PolicyId>().nullable(),
  policyGeneration: whole,
  powerState: z.enum(['poweredOn', 'poweredOff', 'suspended']),
  connectionState: z.enum(['connected', 'invalid', 'inaccessible']),
  cryptoState: z.enum(['unlocked', 'locked']),
  /** KEK of the VM home, or null for a plain VM. */
  keyId: keyId.nullable(),
  /**
   * Whether it was registered by somebody who may not have its keys fetched (Cryptographer.RegisterVM): vCenter leaves it
   * locked until somebody who may unlocks it.
   */
  keysWithheld: z.boolean(),
  disks: z.array(disk),
});

/** One key server of a provider (KmipServerInfo). */
const keyServer = z.strictObject({
  name: branded<KeyServerName>(),
  address: z.union([z.strictObject({ host: text, port: whole }), z.strictObject({ name: text })]),
  /** Goes into KMIP headers with the password that lies in VECS; null: no credential is sent. */
  userName: text.nullable(),
  /** SHA-256 of the certificate that was uploaded as trusted (lower-case hex; the certificate lies in VECS), or null. */
  trustedCertificateSha256: text.nullable(),
});

/** A standard key provider: servers of one vendor that replicate keys among themselves, tried in this order. */
const keyProvider = z.strictObject({
  providerId: branded<ProviderId>(),
  useAsDefault: z.boolean(),
  servers: z.array(keyServer),
});

/**
 * What a record is about. A key provider is no managed object: its ID is its name, that of one of its servers both names.
 */
const entity = z.strictObject({
  type: z.enum([
    'Folder',
    'Datacenter',
    'ClusterComputeResource',
    'ComputeResource',
    'HostSystem',
    'Datastore',
    'VirtualMachine',
    'KeyProvider',
  ]),
  id: text,
  /** As it was called then. */
  name: text,
});

/** An alarm that is raised now (AlarmState). */
const alarm = z.strictObject({
  name: text,
  entity,
  status: z.enum(['yellow', 'red']),
  message: text,
  /** Milliseconds since 1970. */
  raisedMs: whole,
});

/** Why a task failed: code and fields of the refusal, with its sentence. */
const taskFailure = z.strictObject({
  code: text,
  fault: z.record(z.string(), z.unknown()),
  message: text,
});

/** One task (TaskInfo). */
const task = z.strictObject({
  /** `task-1`, `task-2` ... */
  id: branded<MoRef<'Task'>>(),
  /** Method as vSphere spells it, such as `CreateVM_Task`. */
  name: text,
  entity,
  state: z.enum(['queued', 'running', 'success', 'error']),
  /** Who asked for it (TaskReasonUser). */
  user: branded<UserName>(),
  cancelled: z.boolean(),
  /** Milliseconds since 1970. */
  queuedMs: whole,
  startedMs: whole.nullable(),
  endedMs: whole.nullable(),
  /** What it made, such as the reference of a VM. */
  result: text.nullable(),
  error: taskFailure.nullable(),
});

/** One event (EventEx): who, what, about which objects. */
const event = z.strictObject({
  key: whole,
  /** Event type ID as VMware spells it. */
  type: text,
  user: branded<UserName>(),
  entity,
  /** Values that the sentence speaks of, such as a key's ID. */
  arguments: z.record(z.string(), z.string()),
  /** Milliseconds since 1970. */
  createdMs: whole,
  /** fullFormattedMessage */
  message: text,
});

/** A role: a set of privileges under a name (AuthorizationRole). */
const role = z.strictObject({
  id: z.number().int() as unknown as z.ZodType<RoleId>,
  name: text,
  privileges: z.array(text),
});

/** A user of the domain vsphere.local. */
const user = z.strictObject({ name: branded<UserName>() });

/** What a user may do on an object, and below it when it propagates (Permission). */
const permission = z.strictObject({
  user: branded<UserName>(),
  entity: branded<MoRef>(),
  role: z.number().int() as unknown as z.ZodType<RoleId>,
  propagate: z.boolean(),
});

/** A storage policy (PbmCapabilityProfile). */
const policy = z.strictObject({
  id: branded<PolicyId>(),
  name: text,
  description: z.string(),
  /** Whether its rules name an IO filter of type ENCRYPTION. */
  encrypts: z.boolean(),
  /** `AllowCleartextFilters`: other IO filters may run before the encryption. */
  allowCleartextFilters: z.boolean(),
  /** Counts its edits. */
  generation: whole,
});

/** The numbers that are given out next. */
const counters = z.strictObject({ object: whole, task: whole, event: whole, role: whole });

/** Every table: what one record of it is, by the ID under which it is kept. */
export const TABLES = {
  /** One record, `vcenter`. */
  installation: z.strictObject({ name: text, counters }),
  folders: folder,
  datacenters: datacenter,
  computeResources: computeResource,
  hosts: host,
  datastores: datastore,
  vms: vm,
  keyProviders: keyProvider,
  policies: policy,
  roles: role,
  users: user,
  permissions: permission,
  alarms: alarm,
  tasks: task,
  events: event,
} as const;

export type TableName = keyof typeof TABLES;
export type RecordOf<Name extends TableName> = Immutable<z.infer<(typeof TABLES)[Name]>>;

/** Nobody changes a record in place: memory follows the file. */
type Immutable<T> = T extends string | number | boolean | null
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Immutable<Item>[]
    : { readonly [Member in keyof T]: Immutable<T[Member]> };

export type FolderRecord = RecordOf<'folders'>;
export type DatacenterRecord = RecordOf<'datacenters'>;
export type ComputeResourceRecord = RecordOf<'computeResources'>;
export type HostRecord = RecordOf<'hosts'>;
export type DatastoreRecord = RecordOf<'datastores'>;
export type VmRecord = RecordOf<'vms'>;
export type VmDiskRecord = VmRecord['disks'][number];
export type KeyProviderRecord = RecordOf<'keyProviders'>;
export type KeyServerRecord = KeyProviderRecord['servers'][number];
export type PolicyRecord = RecordOf<'policies'>;
export type RoleRecord = RecordOf<'roles'>;
export type UserRecord = RecordOf<'users'>;
export type PermissionRecord = RecordOf<'permissions'>;
export type AlarmRecord = RecordOf<'alarms'>;
export type TaskRecord = RecordOf<'tasks'>;
export type TaskFailure = NonNullable<TaskRecord['error']>;
export type EventRecord = RecordOf<'events'>;
export type EntityRef = AlarmRecord['entity'];

/** How many ended tasks and how many events are kept; older ones are dropped, as the real one does after 30 days. */
export const RECORDS_MAX = 1_000;
