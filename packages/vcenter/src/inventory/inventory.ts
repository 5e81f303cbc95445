import type { DatastoreInfo, VmInfo } from '@vcryptsim/hypervisor/api';
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
  PolicyId,
  RecordOf,
  VmRecord,
} from '../database/schema.js';
import type { VcDatabase } from '../database/vc-database.js';
import { VCenterError } from '../terms/errors.js';
import type { VCenterEvent } from '../terms/events.js';
import { InventoryIndex, type TreeTable } from './inventory-index.js';
import { type AppliedPolicy, sameRecord, vmRecordOf } from './vm-record.js';

/** The tree's tables, those with the most objects first: in this order a reference is looked for. */
const TREE: readonly TreeTable[] = ['vms', 'hosts', 'datastores', 'computeResources', 'folders', 'datacenters'];
/** So many VMs are taken over in one change of the database: a frame of its log has room for many more (ours). */
const VMS_AT_ONCE_MAX = 500;

/** Folders, datacenters, clusters, hosts, datastores and VMs that vCenter knows, as they were last seen, by reference. */
export class Inventory {
  readonly #database: VcDatabase;
  readonly #observer: EventSink<VCenterEvent>;
  readonly #index: InventoryIndex;

  constructor(database: VcDatabase, observer: EventSink<VCenterEvent>, index?: InventoryIndex) {
    this.#database = database;
    this.#observer = observer;
    this.#index = index ?? new InventoryIndex();
    if (index !== undefined) return;
    for (const table of ['folders', 'datacenters', 'computeResources'] as const) {
      for (const record of database.table(table).values()) this.#index.note(table, record);
    }
    for (const host of database.table('hosts').values()) this.#index.noteHost(host);
    for (const datastore of database.table('datastores').values()) this.#index.noteDatastore(datastore);
    for (const vm of database.table('vms').values()) this.#index.noteVm(vm);
  }

  /** The same inventory, of which another observer hears. */
  toldTo(observer: EventSink<VCenterEvent>): Inventory {
    return new Inventory(this.#database, observer, this.#index);
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
    const id = this.#index.hostNamed(name);
    return id === null ? null : this.host(id);
  }

  /** The VM with this instance UUID, or null. */
  vmOf(uuid: VmUuid): VmRecord | null {
    const id = this.#index.vmOf(uuid);
    return id === null ? null : this.vm(id);
  }

  /** All VMs of this name, whatever folder they are in. */
  vmsNamed(name: VmName): readonly VmRecord[] {
    return [...this.#index.vmsNamed(name)].map((id) => this.vm(id));
  }

  /** Whether a folder has an object of one kind and name. */
  isNameTaken(table: TreeTable, folder: MoRef, name: string): boolean {
    return this.#index.isTaken(table, folder, name);
  }

  vmsOn(host: MoRef<'HostSystem'>): readonly VmRecord[] {
    return [...this.#index.vmsOn(host)].map((id) => this.vm(id));
  }

  hostsOf(cluster: MoRef): readonly HostRecord[] {
    return [...this.#index.hostsOf(cluster)].map((id) => this.host(id));
  }

  /** How many VM homes and disks have a storage policy. */
  usesOf(policy: PolicyId): number {
    return this.#index.usesOf(policy);
  }

  /** The datastore of this name that a host has mounted, or its first one; none when it has no such datastore. */
  datastoresOf(host: MoRef<'HostSystem'>, name?: string): readonly MoRef<'Datastore'>[] {
    const mounted = this.host(host).datastores.map((id) => this.datastore(id));
    return mounted
      .filter((each) => name === undefined || each.name === name)
      .map(({ id }) => id)
      .slice(0, 1);
  }

  /** The datacenter in which an object is, or null for what is above all datacenters. */
  datacenterOf(id: MoRef): DatacenterRecord | null {
    const at = this.pathOf(id).find((each) => this.#database.table('datacenters').has(each));
    return at === undefined ? null : this.datacenter(at);
  }

  /**
   * IDs of all keys that VMs of a cluster use, each once, in the order of the inventory; the host key is not among them, nor
   * those of VMs whose keys are withheld.
   */
  vmKeysOf(cluster: MoRef): readonly CryptoKeyId[] {
    const vms = this.hostsOf(cluster).flatMap(({ id }) => this.vmsOn(id).filter(({ keysWithheld }) => !keysWithheld));
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
    if (this.isNameTaken('datacenters', parent, name)) throw taken(`datacenter ${name}`);
    const made = await this.#database.change((tx) => {
      const id = moRef('Datacenter', tx.next('object'));
      const folder = (prefix: 'group-v' | 'group-h' | 'group-s', folderName: string): FolderRecord => {
        const own = { id: moRef('Folder', tx.next('object'), prefix), name: folderName, parent: id };
        tx.put('folders', own.id, own);
        return own;
      };
      const folders = {
        vmFolder: folder('group-v', 'vm'),
        hostFolder: folder('group-h', 'host'),
        datastoreFolder: folder('group-s', 'datastore'),
      };
      const ids = {
        vmFolder: folders.vmFolder.id,
        hostFolder: folders.hostFolder.id,
        datastoreFolder: folders.datastoreFolder.id,
      };
      const datacenter = { id, name, parent, ...ids };
      tx.put('datacenters', id, datacenter);
      return { datacenter, folders: Object.values(folders) };
    });
    this.#index.note('datacenters', made.datacenter);
    for (const folder of made.folders) this.#index.note('folders', folder);
    return made.datacenter;
  }

  /** Adds a folder under another one, of the same kind. @throws VCenterError ALREADY_EXISTS */
  async addFolder(parent: MoRef<'Folder'>, name: string): Promise<FolderRecord> {
    if (this.isNameTaken('folders', parent, name)) throw taken(`folder ${name}`);
    const prefix = (['group-v', 'group-h', 'group-s'] as const).find((each) => parent.startsWith(each)) ?? 'group-d';
    const folder = await this.#database.change((tx) => {
      const made = { id: moRef('Folder', tx.next('object'), prefix), name, parent };
      tx.put('folders', made.id, made);
      return made;
    });
    this.#index.note('folders', folder);
    return folder;
  }

  /** @throws VCenterError ALREADY_EXISTS */
  async addCluster(parent: MoRef<'Folder'>, name: string): Promise<ComputeResourceRecord> {
    if (this.isNameTaken('computeResources', parent, name)) throw taken(`cluster ${name}`);
    const cluster = await this.#database.change((tx) => {
      const id = moRef('ClusterComputeResource', tx.next('object'));
      const record = { id, name, parent, hostKeyId: null };
      tx.put('computeResources', id, record);
      return record;
    });
    this.#index.note('computeResources', cluster);
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
    if (this.#index.hostNamed(host.name) !== null) throw taken(`host ${host.name}`);
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
    this.#index.noteHost(record);
    if (place !== record.parent) this.#index.note('computeResources', this.cluster(record.parent));
    this.#observer.emit({ type: 'HOST_ADDED', host: record.name, cluster: this.nameOf(record.parent) });
    return record;
  }

  /** Changes what is known of a host, or wanted of it; writes nothing when that is nothing new. */
  async seeHost(id: MoRef<'HostSystem'>, seen: Partial<HostRecord>): Promise<void> {
    const known = this.host(id);
    const isNews = (Object.keys(seen) as (keyof HostRecord)[]).some((what) => seen[what] !== known[what]);
    if (!isNews) return;
    await this.#database.change((tx) => tx.put('hosts', id, { ...this.host(id), ...seen }));
  }

  /** Notes the datastores that a host has mounted; those of one name in one datacenter are one. */
  async seeDatastores(host: HostRecord, mounted: readonly DatastoreInfo[]): Promise<void> {
    const parent = this.datacenterOf(host.id)?.datastoreFolder;
    if (parent === undefined) return;
    const before = this.host(host.id).datastores.map((id) => this.datastore(id).name);
    if (
      sameRecord(
        before,
        mounted.map(({ name }) => name),
      )
    )
      return;
    const added = await this.#database.change((tx) => {
      // Looked for here, in the turn of this change: another host may have brought the same datastore meanwhile.
      const known = new Map([...this.#index.datastoresOf(parent)].map((id) => [this.datastore(id).name, id]));
      const news: DatastoreRecord[] = [];
      const datastores = mounted.map(({ name, type }) => {
        const id = known.get(name) ?? moRef('Datastore', tx.next('object'));
        if (!known.has(name)) news.push({ id, name, type, parent });
        return id;
      });
      for (const datastore of news) tx.put('datastores', datastore.id, datastore);
      tx.put('hosts', host.id, { ...this.host(host.id), datastores });
      return news;
    });
    for (const datastore of added) this.#index.noteDatastore(datastore);
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
    const added: VmRecord[] = [];
    for (let from = 0; from < changed.length; from += VMS_AT_ONCE_MAX) {
      added.push(...(await this.#takeOver(host, changed.slice(from, from + VMS_AT_ONCE_MAX), applied)));
    }
    return added;
  }

  async #takeOver(host: HostRecord, changed: readonly VmInfo[], applied?: AppliedPolicy): Promise<readonly VmRecord[]> {
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
      if (known) this.#index.forgetVm(known);
      this.#index.noteVm(record);
    }
    const added = records.filter(({ known }) => known === null).map(({ record }) => record);
    for (const vm of added) this.#observer.emit({ type: 'VM_ADDED', vm: vm.uuid, host: host.name });
    return added;
  }

  /** Changes what vCenter itself keeps of a VM, such as its policies; writes nothing when that is nothing new. */
  async keepVm(
    id: MoRef<'VirtualMachine'>,
    kept: Pick<Partial<VmRecord>, 'policy' | 'policyGeneration' | 'disks' | 'keysWithheld'>,
  ): Promise<void> {
    if (sameRecord(this.vm(id), { ...this.vm(id), ...kept })) return;
    const { known, record } = await this.#database.change((tx) => {
      const before = this.vm(id);
      const now = { ...before, ...kept };
      tx.put('vms', id, now);
      return { known: before, record: now };
    });
    this.#index.forgetVm(known);
    this.#index.noteVm(record);
  }

  async removeVm(id: MoRef<'VirtualMachine'>): Promise<void> {
    const vm = this.vm(id);
    await this.#database.change((tx) => tx.drop('vms', id));
    this.#index.forgetVm(vm);
    this.#observer.emit({ type: 'VM_REMOVED', vm: vm.uuid });
  }

  #vmFolderOf(host: HostRecord): MoRef<'Folder'> {
    const datacenter = this.datacenterOf(host.id);
    if (!datacenter) throw notFound('datacenter', host.id);
    return datacenter.vmFolder;
  }

  #parentOf(id: MoRef): MoRef | null {
    for (const table of TREE) {
      const record = this.#database.table(table).get(id);
      if (record) return record.parent;
    }
    throw notFound('object', id);
  }

  #get<Name extends TreeTable>(table: Name, id: MoRef, what: string): RecordOf<Name> {
    const record = this.#database.table(table).get(id);
    if (record) return record;
    throw notFound(what, id);
  }
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
