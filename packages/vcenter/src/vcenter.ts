import type { EventSink, HostName, VmName, VmUuid } from '@vcryptsim/ports';
import { ClientCertificates } from './crypto/client-certificates.js';
import { CryptoManagerKmip } from './crypto/crypto-manager-kmip.js';
import { EncryptionMode } from './crypto/encryption-mode.js';
import { KeyDelivery } from './crypto/key-delivery.js';
import { KeyProviders } from './crypto/key-providers.js';
import { KeyProvision } from './crypto/key-provision.js';
import { KeyServerHealth } from './crypto/key-server-health.js';
import { KeyServers } from './crypto/key-servers.js';
import { Keys } from './crypto/keys.js';
import { Remediation } from './crypto/remediation.js';
import { Vecs } from './crypto/vecs.js';
import type {
  AlarmRecord,
  ClusterName,
  ClusterRecord,
  EntityRef,
  EventRecord,
  HostRecord,
  TaskRecord,
  VmRecord,
} from './database/schema.js';
import { VcDatabase } from './database/vc-database.js';
import { VCenterError } from './errors.js';
import type { VCenterEvent } from './events.js';
import { HostConnections } from './inventory/host-connections.js';
import { Inventory } from './inventory/inventory.js';
import { CONVERSATION_PROFILES } from './kmip/conversation-profile.js';
import { KeyServerLink } from './kmip/key-server-link.js';
import { Loops } from './loops.js';
import { Alarms } from './records/alarms.js';
import { hostEntity, VM_FOLDER, vmEntity } from './records/entity.js';
import { EventLog } from './records/event-log.js';
import { type TaskName, Tasks } from './records/tasks.js';
import type { VCenterOptions, VmRequest } from './requests.js';
import { DEFAULT_SETTINGS, type VCenterSettings } from './settings.js';
import { createVm } from './vms/create-vm.js';
import { powerOffVm, powerOnVm } from './vms/power-vm.js';
import { registerVm, unregisterVm } from './vms/register-vm.js';
import { unlockVm } from './vms/unlock-vm.js';
import type { VmContext } from './vms/vm-context.js';
import { VmWatch } from './vms/vm-watch.js';

/**
 * One vCenter: it knows hosts and VMs, asks key providers for keys by ID and carries them to hosts, sealed. It keeps
 * names and IDs, never a key (rows S02, S27).
 *
 * Methods that are tasks in vSphere resolve with the ended task; a refusal is its `error`. They reject with
 * VCENTER_STOPPED after {@link stop}, and with a FileError when the record of the task could not be made durable.
 */
export class VCenter {
  /** Key providers and trust. */
  readonly cryptoManager: CryptoManagerKmip;

  readonly #database: VcDatabase;
  readonly #observer: EventSink<VCenterEvent>;
  readonly #settings: VCenterSettings;
  readonly #link: KeyServerLink;
  readonly #health: KeyServerHealth;
  readonly #tasks: Tasks;
  readonly #remediation: Remediation;
  readonly #vmContext: VmContext;
  readonly #loops: Loops;
  #state: 'booted' | 'started' | 'stopped' = 'booted';

  private constructor(o: VCenterOptions, database: VcDatabase) {
    const { clock, entropy, keyPairs, network, events: observer } = o;
    const settings = { ...DEFAULT_SETTINGS, ...o.settings };
    const eventLog = new EventLog(database, clock, observer);
    const alarms = new Alarms(database, clock, observer);
    const inventory = new Inventory(database, observer);
    const hosts = new HostConnections({ links: o.hosts, inventory, eventLog, observer });
    const vecs = new Vecs(o.files, `${o.folder}/vecs`);
    const providers = new KeyProviders(database, observer);
    const link = new KeyServerLink({ network, clock, timeoutMs: settings.kmsTimeoutMs });
    const servers = new KeyServers({ link, vecs, providers, observer });
    const health = new KeyServerHealth({ servers, providers, eventLog, alarms, clock, observer });
    const keys = new Keys({ servers, profile: CONVERSATION_PROFILES[o.version ?? '7.0.3'], eventLog, observer });
    const encryptionMode = new EncryptionMode({ keys, providers, inventory, eventLog, alarms, observer });
    const delivery = new KeyDelivery({ keys, eventLog, observer });
    const provision = new KeyProvision(encryptionMode, delivery);
    const watch = new VmWatch({ inventory, eventLog, alarms, observer });
    this.#database = database;
    this.#observer = observer;
    this.#settings = settings;
    this.#link = link;
    this.#health = health;
    this.#tasks = new Tasks(database, clock, observer);
    this.#remediation = new Remediation({ hosts, inventory, provision, watch });
    this.#vmContext = { inventory, hosts, providers, keys, encryptionMode, delivery, provision, watch, entropy };
    this.#loops = new Loops(clock);
    this.cryptoManager = new CryptoManagerKmip({
      ...{ providers, vecs, link, servers, keys, health },
      certificates: new ClientCertificates({ providers, vecs, clock, entropy, keyPairs, observer }),
      refuseIfStopped: () => this.#refuseIfStopped(),
    });
  }

  /**
   * Boots a vCenter from its folder, which is made when it is missing. Tasks that ran when it stopped end as interrupted.
   *
   * @throws VCenterError DATABASE_DAMAGED; FileError
   */
  static async boot(o: VCenterOptions): Promise<VCenter> {
    const vcenter = new VCenter(o, await VcDatabase.open(o.files, o.folder, o.name));
    await vcenter.#tasks.endInterrupted();
    const { hosts, vms } = vcenter.#database.content;
    vcenter.#observer.emit({ type: 'VCENTER_BOOTED', hosts: hosts.length, vms: vms.length });
    return vcenter;
  }

  /** Begins to look at hosts (at once), to poll key servers and to remediate keys. A second call does nothing. */
  start(): void {
    if (this.#state !== 'booted') return;
    this.#state = 'started';
    const { healthPollMs, remediationIntervalMs } = this.#settings;
    for (const { name } of this.hosts()) this.#watchHost(name);
    this.#loops.every(healthPollMs, () => this.#health.poll(), 'after the interval');
    this.#loops.every(
      remediationIntervalMs,
      () => this.#eachHost((host) => this.#remediation.attend(host)),
      'after the interval',
    );
  }

  /** Ends everything that is under way; what waits for a key server rejects. The folder can then be booted again. */
  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    this.#link.stop();
    await this.#loops.stop();
    await this.#tasks.settled();
    await this.#database.close();
    this.#observer.emit({ type: 'VCENTER_STOPPED' });
  }

  /** Adds an empty cluster. @throws VCenterError ALREADY_EXISTS */
  async addCluster(name: ClusterName): Promise<void> {
    this.#refuseIfStopped();
    await this.#vmContext.inventory.addCluster(name);
  }

  /**
   * Adds a host that is up to a cluster, with the VMs that it has, and brings it the keys of the cluster as far as they
   * can be had.
   *
   * @throws VCenterError CLUSTER_NOT_FOUND, ALREADY_EXISTS, HOST_NOT_CONNECTED
   */
  async addHost(o: { readonly name: HostName; readonly cluster: ClusterName }): Promise<HostRecord> {
    this.#refuseIfStopped();
    const { inventory, hosts } = this.#vmContext;
    const { name: cluster } = inventory.cluster(o.cluster);
    const { api, runtime } = await hosts.call(o.name);
    const { cryptoState, incarnation } = runtime;
    const { uuid, version } = api;
    await inventory.addHost({
      name: o.name,
      uuid,
      version,
      cluster,
      connectionState: 'connected',
      cryptoState,
      incarnation,
    });
    await this.#remediation.attend(o.name);
    if (this.#state === 'started') this.#watchHost(o.name);
    return inventory.host(o.name);
  }

  /** CreateVM_Task; its result is the VM's instance UUID. */
  createVm(o: VmRequest): Promise<TaskRecord> {
    return this.#run('CreateVM_Task', VM_FOLDER, () => createVm(this.#vmContext, o));
  }

  /** RegisterVM_Task; its result is the VM's instance UUID. A VM whose keys cannot be had is registered locked. */
  registerVm(o: { readonly host: HostName; readonly vmxPath: string }): Promise<TaskRecord> {
    return this.#run('RegisterVM_Task', VM_FOLDER, () => registerVm(this.#vmContext, o));
  }

  /** UnregisterVM: the VM's files and its keys at the key server stay. */
  unregisterVm(vm: VmUuid): Promise<TaskRecord> {
    return this.#runOnVm('UnregisterVM', vm, () => unregisterVm(this.#vmContext, vm));
  }

  /** PowerOnVM_Task; keys that the host lacks are fetched and pushed first. */
  powerOnVm(vm: VmUuid): Promise<TaskRecord> {
    return this.#runOnVm('PowerOnVM_Task', vm, () => powerOnVm(this.#vmContext, vm));
  }

  /** PowerOffVM_Task: a hard power-off. */
  powerOffVm(vm: VmUuid): Promise<TaskRecord> {
    return this.#runOnVm('PowerOffVM_Task', vm, () => powerOffVm(this.#vmContext, vm));
  }

  /** CryptoUnlock_Task: brings all keys of a VM to its host now. */
  unlockVm(vm: VmUuid): Promise<TaskRecord> {
    return this.#runOnVm('CryptoUnlock_Task', vm, () => unlockVm(this.#vmContext, vm));
  }

  /** ReconnectHost_Task: looks at a host now and brings it the keys that it lacks. Fails with the first that it did not get. */
  reconnectHost(host: HostName): Promise<TaskRecord> {
    return this.#run('ReconnectHost_Task', hostEntity({ name: host }), async () => {
      const [failure] = (await this.#remediation.attend(host)).values();
      if (failure) throw failure;
      return null;
    });
  }

  clusters(): readonly ClusterRecord[] {
    return this.#database.content.clusters;
  }

  /** Hosts as they were last seen. */
  hosts(): readonly HostRecord[] {
    return this.#database.content.hosts;
  }

  /** VMs as they were last seen. */
  vms(): readonly VmRecord[] {
    return this.#database.content.vms;
  }

  /** Tasks, oldest first. */
  tasks(): readonly TaskRecord[] {
    return this.#database.content.tasks;
  }

  /** Events, oldest first. */
  eventRecords(): readonly EventRecord[] {
    return this.#database.content.events;
  }

  /** Alarms that are raised now. */
  alarms(): readonly AlarmRecord[] {
    return this.#database.content.alarms;
  }

  #runOnVm(name: TaskName, vm: VmUuid, work: () => Promise<void>): Promise<TaskRecord> {
    const known = this.vms().find((record) => record.uuid === vm);
    return this.#run(name, vmEntity(known ?? { uuid: vm, name: vm as string as VmName }), async () => {
      await work();
      return null;
    });
  }

  async #run(name: TaskName, entity: EntityRef, work: () => Promise<string | null>): Promise<TaskRecord> {
    this.#refuseIfStopped();
    return this.#tasks.run(name, entity, work);
  }

  /** A loop for each host, so that one whose keys are slow to come does not hold up the heartbeats of the others. */
  #watchHost(host: HostName): void {
    this.#loops.every(this.#settings.heartbeatMs, () => this.#remediation.beat(host), 'at once');
  }

  /** All hosts at once, so that one whose keys are slow to come does not hold up the others. */
  async #eachHost(work: (host: HostName) => Promise<unknown>): Promise<void> {
    const results = await Promise.allSettled(this.hosts().map(({ name }) => work(name)));
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
