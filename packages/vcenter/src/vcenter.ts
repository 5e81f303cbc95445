import type { SnapshotList } from '@vcryptsim/hypervisor/api';
import type { EventSink, MoRef, VmName, VmUuid } from '@vcryptsim/ports';
import type { KmipServerStatus } from './crypto/kmip-server-status.js';
import type {
  AlarmRecord,
  ComputeResourceRecord,
  DatacenterRecord,
  DatastoreRecord,
  EventRecord,
  FolderRecord,
  HostRecord,
  KeyProviderRecord,
  PermissionRecord,
  PolicyRecord,
  RecordOf,
  RoleRecord,
  TableName,
  TaskRecord,
  UserName,
  UserRecord,
  VmRecord,
} from './database/schema.js';
import { VcDatabase } from './database/vc-database.js';
import { install } from './installation.js';
import { joinParts } from './join-parts.js';
import { Loops } from './loops.js';
import { Door } from './operations/door.js';
import type { Caller } from './operations/operation.js';
import type { OperationContext } from './operations/operation-context.js';
import type { TaskProgress } from './records/tasks.js';
import { Session } from './session.js';
import { VCenterError } from './terms/errors.js';
import type { VCenterEvent } from './terms/events.js';
import type { VCenterOptions } from './terms/requests.js';
import type { VCenterVersion } from './terms/versions.js';

/**
 * One vCenter: it knows hosts and VMs, asks key providers for keys by ID and carries them to hosts, sealed. It keeps
 * names and IDs, never a key (rows S02, S27).
 *
 * Whatever changes something is an operation of the catalogue (operations/), called through a {@link Session}; what this
 * class itself answers is for whoever looks on.
 */
export class VCenter {
  readonly version: VCenterVersion;
  readonly #context: OperationContext;
  readonly #observer: EventSink<VCenterEvent>;
  readonly #door: Door;
  readonly #loops: Loops;
  #state: 'booted' | 'started' | 'stopped' = 'booted';

  private constructor(o: VCenterOptions, database: VcDatabase) {
    this.#observer = o.events;
    this.version = o.version ?? '7.0U3';
    this.#loops = new Loops(o.clock);
    this.#context = joinParts(o, database, this.version, (id) => {
      if (this.#state === 'started') this.#watchHost(id);
    });
    this.#door = new Door(this.#context);
  }

  /**
   * Boots a vCenter from its folder, which is made when it is missing. Tasks that ran when it stopped end as interrupted.
   *
   * @throws VCenterError DATABASE_DAMAGED, DATABASE_OLD; FileError
   */
  static async boot(o: VCenterOptions): Promise<VCenter> {
    const database = await VcDatabase.open(o.files, o.folder, (tx) => install(tx, o.name));
    const vcenter = new VCenter(o, database);
    await vcenter.#context.tasks.endInterrupted();
    const { hosts, vms } = { hosts: database.table('hosts').size, vms: database.table('vms').size };
    o.events.emit({ type: 'VCENTER_BOOTED', hosts, vms });
    return vcenter;
  }

  /** Begins to look at hosts (at once), to poll key servers and to remediate keys. A second call does nothing. */
  start(): void {
    if (this.#state !== 'booted') return;
    this.#state = 'started';
    const { settings, health, remediation } = this.#context;
    for (const { id } of this.hosts()) this.#watchHost(id);
    this.#loops.every(settings.healthPollMs, () => health.poll(), 'after the interval');
    this.#loops.every(
      settings.remediationIntervalMs,
      () => this.#eachHost((host) => remediation.attend(host)),
      'after the interval',
    );
  }

  /** Ends everything that is under way; what waits for a key server rejects. The folder can then be booted again. */
  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    this.#context.link.stop();
    await this.#loops.stop();
    await this.#context.tasks.settled();
    await this.#context.database.close();
    this.#observer.emit({ type: 'VCENTER_STOPPED' });
  }

  /**
   * A user at the door. Nobody asks for a password: who calls is who says so [ours].
   *
   * @param via the web client, or the API, which differ in a few places (rows S06, S24, S49)
   * @param operationId see {@link Caller.operationId}; of every operation of this session
   * @throws VCenterError INVALID_LOGIN, VCENTER_STOPPED
   */
  login(user: UserName, via: Caller['via'], operationId?: string): Session {
    this.#refuseIfStopped();
    this.#context.authorization.refuseUnknown(user);
    const caller = { user, via, ...(operationId !== undefined && { operationId }) };
    return new Session(this.#door, caller, () => this.#refuseIfStopped());
  }

  folders(): readonly FolderRecord[] {
    return this.#all('folders');
  }

  datacenters(): readonly DatacenterRecord[] {
    return this.#all('datacenters');
  }

  /** Clusters, and the compute resources of standalone hosts. */
  computeResources(): readonly ComputeResourceRecord[] {
    return this.#all('computeResources');
  }

  /** Hosts as they were last seen. */
  hosts(): readonly HostRecord[] {
    return this.#all('hosts');
  }

  datastores(): readonly DatastoreRecord[] {
    return this.#all('datastores');
  }

  /** VMs as they were last seen. */
  vms(): readonly VmRecord[] {
    return this.#all('vms');
  }

  /** A VM as it was last seen, or null. */
  vm(id: MoRef<'VirtualMachine'>): VmRecord | null {
    return this.#context.database.table('vms').get(id) ?? null;
  }

  /** The VM with this instance UUID as it was last seen, or null. */
  vmOf(uuid: VmUuid): VmRecord | null {
    return this.#context.inventory.vmOf(uuid);
  }

  /** All VMs of this name as they were last seen, whatever folder they are in. */
  vmsNamed(name: VmName): readonly VmRecord[] {
    return this.#context.inventory.vmsNamed(name);
  }

  /** The snapshots of a VM, as its host says now (VirtualMachine.snapshot). @throws VCenterError HOST_NOT_CONNECTED; HypervisorError */
  async snapshotsOf(id: MoRef<'VirtualMachine'>): Promise<SnapshotList> {
    const { hosts, inventory } = this.#context;
    const { host, uuid } = inventory.vm(id);
    return (await hosts.reach(host)).api.snapshots(uuid);
  }

  /** A host as it was last seen, or null. */
  host(id: MoRef<'HostSystem'>): HostRecord | null {
    return this.#context.database.table('hosts').get(id) ?? null;
  }

  keyProviders(): readonly KeyProviderRecord[] {
    return this.#all('keyProviders');
  }

  /** What the last poll of each key server found. */
  keyServerStatus(): readonly KmipServerStatus[] {
    return this.#context.health.statuses();
  }

  policies(): readonly PolicyRecord[] {
    return this.#all('policies');
  }

  roles(): readonly RoleRecord[] {
    return this.#all('roles');
  }

  users(): readonly UserRecord[] {
    return this.#all('users');
  }

  permissions(): readonly PermissionRecord[] {
    return this.#all('permissions');
  }

  /** Tasks as they are now, oldest first. */
  tasks(): readonly TaskRecord[] {
    return this.#context.tasks.all();
  }

  /** How far a task is; null when it does not run or does not say. */
  progressOf(task: MoRef<'Task'>): TaskProgress | null {
    return this.#context.tasks.progressOf(task);
  }

  /** Events, oldest first. */
  eventRecords(): readonly EventRecord[] {
    return this.#all('events');
  }

  /** Alarms that are raised now. */
  alarms(): readonly AlarmRecord[] {
    return this.#all('alarms');
  }

  #all<Name extends TableName>(table: Name): readonly RecordOf<Name>[] {
    return [...this.#context.database.table(table).values()];
  }

  /** A loop for each host, so that one whose keys are slow to come does not hold up the heartbeats of the others. */
  #watchHost(host: MoRef<'HostSystem'>): void {
    const { settings, remediation } = this.#context;
    this.#loops.every(settings.heartbeatMs, () => remediation.beat(host), 'at once');
  }

  /** All hosts at once, so that one whose keys are slow to come does not hold up the others. */
  async #eachHost(work: (host: MoRef<'HostSystem'>) => Promise<unknown>): Promise<void> {
    const results = await Promise.allSettled(this.hosts().map(({ id }) => work(id)));
    for (const result of results) {
      // A host that does not respond was told of where it was noticed; it is looked at again at the next beat.
      if (result.status === 'rejected' && !(result.reason instanceof VCenterError)) throw result.reason;
    }
  }

  #refuseIfStopped(): void {
    if (this.#state !== 'stopped') return;
    throw new VCenterError({ code: 'VCENTER_STOPPED' }, 'This vCenter is stopped. Boot it again from its folder.');
  }
}
