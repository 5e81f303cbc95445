import type { HostName, KeyServerName, MoRef, ProviderId, TlsIdentity, VmUuid } from '@vcryptsim/ports';
import {
  ADMINISTRATOR,
  type CreateVmArguments,
  type KmipServerSpec,
  type ReconfigVmArguments,
  ROOT_FOLDER,
  type TaskRecord,
  type UserName,
  type VCenter,
} from '@vcryptsim/vcenter';
import * as operations from '@vcryptsim/vcenter/catalogue';

/** A VM to make, its host by name. */
export type VmToMake = Omit<CreateVmArguments, 'host'> & { readonly host: HostName };

/** Operations as a test writes them: objects by name or UUID, looked up now; one datacenter. */
export class AsUser {
  constructor(
    readonly vcenter: VCenter,
    readonly user: UserName,
    readonly via: 'client' | 'api',
  ) {}

  get session() {
    return this.vcenter.login(this.user, this.via);
  }

  host(name: HostName): MoRef<'HostSystem'> {
    return this.vcenter.hosts().find((host) => host.name === name)?.id ?? ('host-999' as MoRef<'HostSystem'>);
  }

  vm(uuid: VmUuid): MoRef<'VirtualMachine'> {
    return this.vcenter.vms().find((vm) => vm.uuid === uuid)?.id ?? ('vm-999' as MoRef<'VirtualMachine'>);
  }

  get vmFolder(): MoRef<'Folder'> {
    return this.vcenter.datacenters()[0]!.vmFolder;
  }

  /** Makes the datacenter if there is none, and a cluster in it. */
  async addCluster(name: string): Promise<MoRef<'ClusterComputeResource'>> {
    const { createDatacenter, createCluster } = operations;
    if (this.vcenter.datacenters().length === 0)
      await this.session.call(createDatacenter, ROOT_FOLDER, { name: 'dc-1' });
    return this.session.call(createCluster, this.vcenter.datacenters()[0]!.hostFolder, { name });
  }

  cluster(name: string): MoRef<'ClusterComputeResource'> {
    const found = this.vcenter.computeResources().find((each) => each.name === name);
    return (found?.id ?? 'domain-c999') as MoRef<'ClusterComputeResource'>;
  }

  /** Fails the test when the task does. */
  async addHost({ name, cluster }: { readonly name: HostName; readonly cluster: string }): Promise<void> {
    const { error } = await this.session.run(operations.addHost, this.cluster(cluster), { name });
    if (error) throw Object.assign(new Error(error.message), { code: error.code, fault: error.fault });
  }

  createVm({ host, ...vm }: VmToMake): Promise<TaskRecord> {
    return this.session.run(operations.createVm, this.vmFolder, { ...vm, host: this.host(host) });
  }

  registerVm({ host, vmxPath }: { readonly host: HostName; readonly vmxPath: string }): Promise<TaskRecord> {
    return this.session.run(operations.registerVm, this.vmFolder, { host: this.host(host), vmxPath });
  }

  unregisterVm(uuid: VmUuid): Promise<TaskRecord> {
    return this.session.run(operations.unregisterVm, this.vm(uuid), {});
  }

  powerOnVm(uuid: VmUuid): Promise<TaskRecord> {
    return this.session.run(operations.powerOnVm, this.vm(uuid), {});
  }

  powerOffVm(uuid: VmUuid): Promise<TaskRecord> {
    return this.session.run(operations.powerOffVm, this.vm(uuid), {});
  }

  reconfigVm(uuid: VmUuid, args: ReconfigVmArguments): Promise<TaskRecord> {
    return this.session.run(operations.reconfigVm, this.vm(uuid), args);
  }

  unlockVm(uuid: VmUuid): Promise<TaskRecord> {
    return this.session.run(operations.cryptoUnlockVm, this.vm(uuid), {});
  }

  reconnectHost(name: HostName): Promise<TaskRecord> {
    return this.session.run(operations.reconnectHost, this.host(name), {});
  }

  /** Key providers and trust. */
  readonly cryptoManager = {
    registerKmipServer: (args: KmipServerSpec) => this.session.call(operations.registerKmipServer, null, args),
    updateKmipServer: (args: KmipServerSpec) => this.session.call(operations.updateKmipServer, null, args),
    removeKmipServer: (providerId: ProviderId, server: KeyServerName) =>
      this.session.call(operations.removeKmipServer, null, { providerId, server }),
    markDefault: (providerId: ProviderId) => this.session.call(operations.markDefault, null, { providerId }),
    listKmipServers: () => this.vcenter.keyProviders(),
    generateSelfSignedClientCert: (providerId: ProviderId) =>
      this.session.call(operations.generateSelfSignedClientCert, null, { providerId }),
    retrieveSelfSignedClientCert: (providerId: ProviderId) =>
      this.session.call(operations.retrieveClientCert, null, { providerId }),
    generateVmcaClientCert: (providerId: ProviderId) =>
      this.session.call(operations.generateVmcaClientCert, null, { providerId }),
    retrieveVmcaRootCert: () => this.session.call(operations.retrieveVmcaRootCert, null, {}),
    retrieveClientCert: (providerId: ProviderId) =>
      this.session.call(operations.retrieveClientCert, null, { providerId }),
    uploadClientCert: (providerId: ProviderId, identity: TlsIdentity) =>
      this.session.call(operations.uploadClientCert, null, { providerId, identity }),
    generateClientCsr: (providerId: ProviderId) =>
      this.session.call(operations.generateClientCsr, null, { providerId }),
    retrieveClientCsr: (providerId: ProviderId) =>
      this.session.call(operations.retrieveClientCsr, null, { providerId }),
    updateKmsSignedCsrClientCert: (providerId: ProviderId, chain: readonly Uint8Array[]) =>
      this.session.call(operations.updateKmsSignedCsrClientCert, null, { providerId, chain }),
    retrieveKmipServerCert: (providerId: ProviderId, server: KeyServerName) =>
      this.session.call(operations.retrieveKmipServerCert, null, { providerId, server }),
    uploadKmipServerCert: (providerId: ProviderId, server: KeyServerName, certificate: Uint8Array) =>
      this.session.call(operations.uploadKmipServerCert, null, { providerId, server, certificate }),
    generateKey: (providerId?: ProviderId) =>
      this.session.call(operations.generateProviderKey, null, providerId === undefined ? {} : { providerId }),
    pollHealth: () => this.session.run(operations.retrieveKmipServersStatus, null, {}),
    retrieveKmipServersStatus: () => this.vcenter.keyServerStatus(),
  };
}

/** The administrator at the web client, or another user. */
export function as(vcenter: VCenter, user: UserName = ADMINISTRATOR, via: 'client' | 'api' = 'client'): AsUser {
  return new AsUser(vcenter, user, via);
}
