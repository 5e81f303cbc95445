import type { VmInfo } from '@vcryptsim/hypervisor/api';
import type { CryptoKeyId, EventSink, HostName, VmUuid } from '@vcryptsim/ports';
import { formatKeyId } from '@vcryptsim/ports';
import type { ClusterName, ClusterRecord, HostRecord, VmRecord } from '../database/schema.js';
import type { VcDatabase } from '../database/vc-database.js';
import { VCenterError } from '../errors.js';
import type { VCenterEvent } from '../events.js';

/** Clusters, hosts and VMs that vCenter knows, as they were last seen. */
export class Inventory {
  readonly #database: VcDatabase;
  readonly #observer: EventSink<VCenterEvent>;

  constructor(database: VcDatabase, observer: EventSink<VCenterEvent>) {
    this.#database = database;
    this.#observer = observer;
  }

  /** @throws VCenterError CLUSTER_NOT_FOUND */
  cluster(name: ClusterName): ClusterRecord {
    const cluster = this.#database.content.clusters.find((known) => known.name === name);
    if (cluster) return cluster;
    throw new VCenterError(
      { code: 'CLUSTER_NOT_FOUND', cluster: name },
      `There is no cluster ${name}. Add it first, or name one of: ${list(this.#database.content.clusters)}.`,
    );
  }

  /** @throws VCenterError HOST_NOT_FOUND */
  host(name: HostName): HostRecord {
    const host = this.#database.content.hosts.find((known) => known.name === name);
    if (host) return host;
    throw new VCenterError(
      { code: 'HOST_NOT_FOUND', host: name },
      `There is no host ${name}. Add it to a cluster first, or name one of: ${list(this.#database.content.hosts)}.`,
    );
  }

  /** @throws VCenterError VM_NOT_FOUND */
  vm(uuid: VmUuid): VmRecord {
    const vm = this.#database.content.vms.find((known) => known.uuid === uuid);
    if (vm) return vm;
    throw new VCenterError(
      { code: 'VM_NOT_FOUND', vm: uuid },
      `There is no VM ${uuid} in the inventory. Register it by the path of its VMX file.`,
    );
  }

  vms(): readonly VmRecord[] {
    return this.#database.content.vms;
  }

  hosts(): readonly HostRecord[] {
    return this.#database.content.hosts;
  }

  hostsOf(cluster: ClusterName): readonly HostRecord[] {
    return this.#database.content.hosts.filter((host) => host.cluster === cluster);
  }

  /** IDs of all keys that VMs of a cluster use, each once, in the order of the inventory; the host key is not among them. */
  vmKeysOf(cluster: ClusterName): readonly CryptoKeyId[] {
    const hosts = new Set(this.hostsOf(cluster).map((host) => host.name));
    const vms = this.#database.content.vms.filter((vm) => hosts.has(vm.host));
    return distinctKeys(vms.flatMap((vm) => [vm.keyId, ...vm.diskKeyIds]));
  }

  /** @throws VCenterError ALREADY_EXISTS */
  async addCluster(name: ClusterName): Promise<void> {
    await this.#database.update((content) => {
      if (content.clusters.some((known) => known.name === name)) throw taken(`cluster ${name}`);
      return { clusters: [...content.clusters, { name, hostKeyId: null }] };
    });
    this.#observer.emit({ type: 'CLUSTER_ADDED', cluster: name });
  }

  /** Keeps the ID of the host key of a cluster. */
  async setHostKey(name: ClusterName, hostKeyId: CryptoKeyId): Promise<void> {
    await this.#database.update((content) => ({
      clusters: content.clusters.map((known) => (known.name === name ? { ...known, hostKeyId } : known)),
    }));
  }

  /** @throws VCenterError ALREADY_EXISTS */
  async addHost(host: HostRecord): Promise<void> {
    await this.#database.update((content) => {
      if (content.hosts.some((known) => known.name === host.name)) throw taken(`host ${host.name}`);
      return { hosts: [...content.hosts, host] };
    });
    this.#observer.emit({ type: 'HOST_ADDED', host: host.name, cluster: host.cluster });
  }

  /** Changes what is known of a host; writes nothing when that is nothing new. */
  async seeHost(name: HostName, seen: Partial<HostRecord>): Promise<void> {
    const known = this.host(name);
    if (same(known, { ...known, ...seen })) return;
    await this.#database.update((content) => ({
      hosts: content.hosts.map((host) => (host.name === name ? { ...host, ...seen } : host)),
    }));
  }

  /**
   * Takes over what a host says of its VMs; writes nothing when that is nothing new. VMs that were not known are added.
   *
   * @param policy of a VM that is being made
   * @returns those that were not known
   */
  async seeVms(host: HostName, seen: readonly VmInfo[], policy?: string): Promise<readonly VmRecord[]> {
    const known = new Map(this.#database.content.vms.map((vm) => [vm.uuid, vm]));
    const records = seen.map((vm) => recordOf(host, vm, policy ?? known.get(vm.uuid)?.policy ?? null));
    const changed = records.filter((vm) => !same(known.get(vm.uuid), vm));
    if (changed.length === 0) return [];
    const news = new Map(changed.map((vm) => [vm.uuid, vm]));
    const added = changed.filter((vm) => !known.has(vm.uuid));
    await this.#database.update((content) => ({
      vms: [...content.vms.map((vm) => news.get(vm.uuid) ?? vm), ...added],
    }));
    for (const vm of added) this.#observer.emit({ type: 'VM_ADDED', vm: vm.uuid, host });
    return added;
  }

  async removeVm(uuid: VmUuid): Promise<void> {
    await this.#database.update((content) => ({ vms: content.vms.filter((vm) => vm.uuid !== uuid) }));
    this.#observer.emit({ type: 'VM_REMOVED', vm: uuid });
  }
}

/** IDs without their repetitions, in the order of their first places; null, a plain disk's or VM's, is dropped. */
export function distinctKeys(ids: readonly (CryptoKeyId | null)[]): readonly CryptoKeyId[] {
  const named = ids.filter((id) => id !== null);
  return [...new Map(named.map((id) => [formatKeyId(id), id])).values()];
}

function recordOf(host: HostName, vm: VmInfo, policy: string | null): VmRecord {
  return {
    uuid: vm.uuid,
    name: vm.name,
    host,
    vmxPath: vm.vmxPath,
    policy,
    powerState: vm.powerState,
    connectionState: vm.connectionState,
    cryptoState: vm.cryptoState,
    keyId: vm.keyId,
    diskKeyIds: vm.disks.map((disk) => disk.keyId),
  };
}

/** Records are plain data whose members always stand in one order. */
function same(a: VmRecord | HostRecord | undefined, b: VmRecord | HostRecord): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function taken(what: string): VCenterError {
  return new VCenterError({ code: 'ALREADY_EXISTS', what }, `There is a ${what} already. Choose another name.`);
}

function list(named: readonly { readonly name: string }[]): string {
  return named.map((one) => one.name).join(', ') || 'none yet';
}
