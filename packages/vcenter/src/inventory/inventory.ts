import type { VmInfo } from '@vcryptsim/hypervisor/api';
import {
  type CryptoKeyId,
  type EventSink,
  formatKeyId,
  type HostName,
  type MoRef,
  moRef,
  type VmName,
  type VmUuid,
} from '@vcryptsim/ports';
import type {
  ComputeResourceRecord,
  DatacenterRecord,
  DatastoreRecord,
  FolderRecord,
  HostRecord,
  RecordOf,
  VmRecord,
} from '../database/schema.js';
import type { VcDatabase } from '../database/vc-database.js';
import { VCenterError } from '../terms/errors.js';
import type { VCenterEvent } from '../terms/events.js';
import { type AppliedPolicy, sameRecord, vmRecordOf } from './vm-record.js';

/** Tables whose records stand in the inventory tree. */
const TREE = ['folders', 'datacenters', 'computeResources', 'hosts', 'datastores', 'vms'] as const;

/** Folders, datacenters, clusters, hosts, datastores and VMs that vCenter knows, as they were last seen, by reference. */
export class Inventory {
  readonly #database: VcDatabase;
  readonly #observer: EventSink<VCenterEvent>;
  readonly #hostsByName = new Map<HostName, MoRef<'HostSystem'>>();
  readonly #vmsByUuid = new Map<VmUuid, MoRef<'VirtualMachine'>>();
  readonly #vmsByName = new Map<VmName, Set<MoRef<'VirtualMachine'>>>();
  readonly #vmsByHost = new Map<MoRef<'HostSystem'>, Set<MoRef<'VirtualMachine'>>>();

  constructor(database: VcDatabase, observer: EventSink<VCenterEvent>) {
    this.#database = database;
    this.#observer = observer;
    for (const host of database.table('hosts').values()) this.#hostsByName.set(host.name, host.id);
    for (const vm of database.table('vms').values()) this.#index(vm);
  }

  /** @throws VCenterError OBJECT_NOT_FOUND */
  cluster(id: MoRef): ComputeResourceRecord {
    return this.#get('computeResources', id, 'cluster');
  }

  /** @throws VCenterError OBJECT_NOT_FOUND */
  host(id: MoRef): HostRecord {
    return this.#get('hosts', id, 'host');
  }

  /** @throws VCenterError OBJECT_NOT_FOUND */
  vm(id: MoRef): VmRecord {
    return this.#get('vms', id, 'VM');
  }

  /** @throws VCenterError OBJECT_NOT_FOUND */
  folder(id: MoRef): FolderRecord {
    return this.#get('folders', id, 'folder');
  }

  /** @throws VCenterError OBJECT_NOT_FOUND */
  datacenter(id: MoRef): DatacenterRecord {
    return this.#get('datacenters', id, 'datacenter');
  }

  /** @throws VCenterError OBJECT_NOT_FOUND */
  datastore(id: MoRef): DatastoreRecord {
    return this.#get('datastores', id, 'datastore');
  }

  /** The host of this address, or null. */
  hostNamed(name: HostName): HostRecord | null {
    const id = this.#hostsByName.get(name);
    return id === undefined ? null : this.host(id);
  }

  /** The VM with this instance UUID, or null. */
  vmOf(uuid: VmUuid): VmRecord | null {
    const id = this.#vmsByUuid.get(uuid);
    return id === undefined ? null : this.vm(id);
  }

  /** All VMs of this name, whatever folder they are in. */
  vmsNamed(name: VmName): readonly VmRecord[] {
    return [...(this.#vmsByName.get(name) ?? [])].map((id) => this.vm(id));
  }

  vmsOn(host: MoRef<'HostSystem'>): readonly VmRecord[] {
    return [...(this.#vmsByHost.get(host) ?? [])].map((id) => this.vm(id));
  }

  vms(): readonly VmRecord[] {
    return [...this.#database.table('vms').values()];
  }

  hosts(): readonly HostRecord[] {
    return [...this.#database.table('hosts').values()];
  }

  hostsOf(cluster: MoRef): readonly HostRecord[] {
    return this.hosts().filter((host) => host.parent === cluster);
  }

  /** The datastore of this name in the datacenter of a host; all of the datacenter when none is named. */
  datastoresOf(host: MoRef<'HostSystem'>, name?: string): readonly MoRef<'Datastore'>[] {
    const parent = this.datacenterOf(host)?.datastoreFolder;
    const all = [...this.#database.table('datastores').values()].filter((each) => each.parent === parent);
    return all.filter((each) => name === undefined || each.name === name).map(({ id }) => id);
  }

  /** The datacenter in which an object is, or null for what is above all datacenters. */
  datacenterOf(id: MoRef): DatacenterRecord | null {
    const at = this.pathOf(id).find((each) => this.#database.table('datacenters').has(each));
    return at === undefined ? null : this.datacenter(at);
  }

  /** IDs of all keys that VMs of a cluster use, each once, in the order of the inventory; the host key is not among them. */
  vmKeysOf(cluster: MoRef): readonly CryptoKeyId[] {
    const vms = this.hostsOf(cluster).flatMap(({ id }) => this.vmsOn(id));
    return distinctKeys(vms.flatMap((vm) => [vm.keyId, ...vm.disks.map(({ keyId }) => keyId)]));
  }

  /** Whether the inventory has an object of this reference. */
  has(id: MoRef): boolean {
    return TREE.some((table) => this.#database.table(table).has(id));
  }

  /** The object and all above it, up to the root folder; the object first. @throws VCenterError OBJECT_NOT_FOUND */
  pathOf(id: MoRef): readonly MoRef[] {
    const path: MoRef[] = [];
    for (let at: MoRef | null = id; at !== null; at = this.#parentOf(at)) path.push(at);
    return path;
  }

  /** The name that an object has now. @throws VCenterError OBJECT_NOT_FOUND */
  nameOf(id: MoRef): string {
    for (const table of TREE) {
      const record = this.#database.table(table).get(id);
      if (record) return record.name;
    }
    throw notFound('object', id);
  }

  /** Adds a datacenter with its three folders. @throws VCenterError ALREADY_EXISTS */
  async addDatacenter(parent: MoRef<'Folder'>, name: string): Promise<DatacenterRecord> {
    const all = this.#database.table('datacenters').values();
    if ([...all].some((known) => known.name === name && known.parent === parent)) throw taken(`datacenter ${name}`);
    return this.#database.change((tx) => {
      const id = moRef('Datacenter', tx.next('object'));
      const folder = (prefix: 'group-v' | 'group-h' | 'group-s', folderName: string): MoRef<'Folder'> => {
        const own = moRef('Folder', tx.next('object'), prefix);
        tx.put('folders', own, { id: own, name: folderName, parent: id });
        return own;
      };
      const folders = {
        vmFolder: folder('group-v', 'vm'),
        hostFolder: folder('group-h', 'host'),
        datastoreFolder: folder('group-s', 'datastore'),
      };
      const datacenter = { id, name, parent, ...folders };
      tx.put('datacenters', id, datacenter);
      return datacenter;
    });
  }

  /** Adds a folder under another one, of the same kind. @throws VCenterError ALREADY_EXISTS */
  async addFolder(parent: MoRef<'Folder'>, name: string): Promise<FolderRecord> {
    const all = this.#database.table('folders').values();
    if ([...all].some((known) => known.name === name && known.parent === parent)) throw taken(`folder ${name}`);
    const prefix = (['group-v', 'group-h', 'group-s'] as const).find((each) => parent.startsWith(each)) ?? 'group-d';
    return this.#database.change((tx) => {
      const folder = { id: moRef('Folder', tx.next('object'), prefix), name, parent };
      tx.put('folders', folder.id, folder);
      return folder;
    });
  }

  /** @throws VCenterError ALREADY_EXISTS */
  async addCluster(parent: MoRef<'Folder'>, name: string): Promise<ComputeResourceRecord> {
    const all = this.#database.table('computeResources').values();
    if ([...all].some((known) => known.name === name && known.parent === parent)) throw taken(`cluster ${name}`);
    const cluster = await this.#database.change((tx) => {
      const id = moRef('ClusterComputeResource', tx.next('object'));
      const record = { id, name, parent, hostKeyId: null };
      tx.put('computeResources', id, record);
      return record;
    });
    this.#observer.emit({ type: 'CLUSTER_ADDED', cluster: name });
    return cluster;
  }

  /** Keeps the ID of the host key of a cluster. */
  async setHostKey(id: MoRef, hostKeyId: CryptoKeyId): Promise<void> {
    await this.#database.change((tx) => tx.put('computeResources', id, { ...this.cluster(id), hostKeyId }));
  }

  /**
   * Adds a host to a cluster, or, given a host folder, as a standalone one with a compute resource of its own.
   *
   * @throws VCenterError ALREADY_EXISTS
   */
  async addHost(
    place: MoRef<'ClusterComputeResource' | 'Folder'>,
    host: Omit<HostRecord, 'id' | 'parent'>,
  ): Promise<HostRecord> {
    if (this.#hostsByName.has(host.name)) throw taken(`host ${host.name}`);
    const record = await this.#database.change((tx) => {
      let parent = place as HostRecord['parent'];
      if (place.startsWith('group-')) {
        parent = moRef('ComputeResource', tx.next('object'));
        const standalone = { id: parent, name: host.name, parent: place as MoRef<'Folder'>, hostKeyId: null };
        tx.put('computeResources', parent, standalone);
      }
      const added = { id: moRef('HostSystem', tx.next('object')), parent, ...host };
      tx.put('hosts', added.id, added);
      return added;
    });
    this.#hostsByName.set(record.name, record.id);
    this.#observer.emit({ type: 'HOST_ADDED', host: record.name, cluster: this.nameOf(record.parent) });
    return record;
  }

  /** Changes what is known of a host, or wanted of it; writes nothing when that is nothing new. */
  async seeHost(id: MoRef<'HostSystem'>, seen: Partial<HostRecord>): Promise<void> {
    const known = this.host(id);
    const now = { ...known, ...seen };
    if (sameRecord(known, now)) return;
    await this.#database.change((tx) => tx.put('hosts', id, now));
  }

  /** Notes the datastores that a host mounts; those of one name in one datacenter are one. */
  async seeDatastores(host: HostRecord, names: readonly string[]): Promise<void> {
    const datacenter = this.datacenterOf(host.id);
    if (!datacenter) return;
    const parent = datacenter.datastoreFolder;
    const known = [...this.#database.table('datastores').values()].filter((each) => each.parent === parent);
    const news = names.filter((name) => !known.some((each) => each.name === name));
    if (news.length === 0) return;
    await this.#database.change((tx) => {
      for (const name of news) {
        const id = moRef('Datastore', tx.next('object'));
        tx.put('datastores', id, { id, name, parent });
      }
    });
  }

  /**
   * Takes over what a host says of its VMs; writes nothing when that is nothing new. VMs that were not known are added to
   * the VM folder of the host's datacenter, or to the folder that is given.
   *
   * @param applied what a VM that is being made was asked to have
   * @returns those that were not known
   */
  async seeVms(host: HostRecord, seen: readonly VmInfo[], applied?: AppliedPolicy): Promise<readonly VmRecord[]> {
    const changed = seen.filter((info) => {
      const known = this.vmOf(info.uuid);
      return !known || !sameRecord(known, vmRecordOf(known.id, known.parent, host.id, info, known, applied));
    });
    if (changed.length === 0) return [];
    const parent = applied?.folder ?? this.#vmFolderOf(host);
    const records = await this.#database.change((tx) => {
      return changed.map((info) => {
        const known = this.vmOf(info.uuid);
        const id = known?.id ?? moRef('VirtualMachine', tx.next('object'));
        const record = vmRecordOf(id, known?.parent ?? parent, host.id, info, known, applied);
        tx.put('vms', id, record);
        return { record, known };
      });
    });
    for (const { record, known } of records) {
      if (known) this.#unindex(known);
      this.#index(record);
    }
    const added = records.filter(({ known }) => known === null).map(({ record }) => record);
    for (const vm of added) this.#observer.emit({ type: 'VM_ADDED', vm: vm.uuid, host: host.name });
    return added;
  }

  /** Changes what vCenter itself keeps of a VM, such as its policies. */
  async keepVm(id: MoRef<'VirtualMachine'>, kept: Pick<Partial<VmRecord>, 'policy' | 'policyGeneration' | 'disks'>) {
    await this.#database.change((tx) => tx.put('vms', id, { ...this.vm(id), ...kept }));
  }

  async removeVm(id: MoRef<'VirtualMachine'>): Promise<void> {
    const vm = this.vm(id);
    await this.#database.change((tx) => tx.drop('vms', id));
    this.#unindex(vm);
    this.#observer.emit({ type: 'VM_REMOVED', vm: vm.uuid });
  }

  #vmFolderOf(host: HostRecord): MoRef<'Folder'> {
    const datacenter = this.datacenterOf(host.id);
    if (!datacenter) throw notFound('datacenter', host.id);
    return datacenter.vmFolder;
  }

  #index(vm: VmRecord): void {
    this.#vmsByUuid.set(vm.uuid, vm.id);
    setIn(this.#vmsByName, vm.name).add(vm.id);
    setIn(this.#vmsByHost, vm.host).add(vm.id);
  }

  #unindex(vm: VmRecord): void {
    this.#vmsByUuid.delete(vm.uuid);
    this.#vmsByName.get(vm.name)?.delete(vm.id);
    this.#vmsByHost.get(vm.host)?.delete(vm.id);
  }

  #parentOf(id: MoRef): MoRef | null {
    for (const table of TREE) {
      const record = this.#database.table(table).get(id);
      if (record) return record.parent;
    }
    throw notFound('object', id);
  }

  #get<Name extends (typeof TREE)[number]>(table: Name, id: MoRef, what: string): RecordOf<Name> {
    const record = this.#database.table(table).get(id);
    if (record) return record;
    throw notFound(what, id);
  }
}

function setIn<Key, Value>(map: Map<Key, Set<Value>>, key: Key): Set<Value> {
  const known = map.get(key);
  if (known) return known;
  const made = new Set<Value>();
  map.set(key, made);
  return made;
}

/** IDs without their repetitions, in the order of their first places; null, a plain disk's or VM's, is dropped. */
export function distinctKeys(ids: readonly (CryptoKeyId | null)[]): readonly CryptoKeyId[] {
  const named = ids.filter((id) => id !== null);
  return [...new Map(named.map((id) => [formatKeyId(id), id])).values()];
}

/** ManagedObjectNotFound */
function notFound(what: string, id: string): VCenterError {
  return new VCenterError(
    { code: 'OBJECT_NOT_FOUND', object: id },
    `vCenter knows no ${what} ${id}. It may have been removed; look it up again.`,
  );
}

function taken(what: string): VCenterError {
  return new VCenterError({ code: 'ALREADY_EXISTS', what }, `There is a ${what} already. Choose another name.`);
}
