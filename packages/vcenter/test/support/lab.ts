import { generateKeyPairSync } from 'node:crypto';
import { selfSign } from '@vcryptsim/pki';
import type { HostName, KeyPair, KeyServerName, ProviderId, TlsIdentity } from '@vcryptsim/ports';
import { FileError, NetworkError, type VmUuid } from '@vcryptsim/ports';
import {
  FaultyNetwork,
  MemoryFileSystem,
  MemoryNetwork,
  SeededEntropy,
  TappedNetwork,
  VirtualClock,
} from '@vcryptsim/simkit';
import { type HostLinks, VCenter, type VCenterEvent, type VCenterOptions } from '@vcryptsim/vcenter';
import { as } from './as-user.js';
import { FakeHost } from './fake-host.js';
import { LabKeyServers } from './lab-key-servers.js';
import { encryptedVmOf } from './vm-request.js';
import { WireLog } from './wire-log.js';

export const START_MS = Date.UTC(2026, 10, 22, 9, 47, 8);
export const PROVIDER = 'corp-kms' as ProviderId;
export const CLUSTER = 'cluster-1';
export const ESX_1 = 'esx-1' as HostName;
export const ESX_2 = 'esx-2' as HostName;
export const KMS_1 = 'kms-1' as KeyServerName;
export const KMS_2 = 'kms-2' as KeyServerName;

// One pair serves all tests: what is under test is never the pair.
const rsa: KeyPair = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** Host links by name; a host that is missing is down. */
export class LabHosts implements HostLinks {
  readonly up = new Map<HostName, FakeHost>();

  async connect(name: HostName): Promise<FakeHost> {
    const host = this.up.get(name);
    if (!host) throw new NetworkError('REFUSED', `${name} is down`);
    return host;
  }

  boot(name: HostName): FakeHost {
    const host = new FakeHost(name);
    this.up.set(name, host);
    return host;
  }

  reboot(name: HostName): FakeHost {
    const host = this.of(name).rebooted();
    this.up.set(name, host);
    return host;
  }

  of(name: HostName): FakeHost {
    const host = this.up.get(name);
    if (!host) throw new Error(`${name} is down`);
    return host;
  }
}

/** A vCenter with its world: two key servers of one provider, hosts, a wire that is read along. */
export class Lab {
  readonly clock = new VirtualClock({ startMs: START_MS });
  readonly files = new MemoryFileSystem();
  readonly entropy = new SeededEntropy(7);
  readonly wire = new WireLog();
  readonly hosts = new LabHosts();
  readonly events: VCenterEvent[] = [];
  readonly network: FaultyNetwork;
  readonly servers: LabKeyServers;
  #boots = 0;

  private constructor(identity: TlsIdentity, clock: VirtualClock) {
    this.clock = clock;
    this.network = new FaultyNetwork(new MemoryNetwork(clock), clock);
    this.servers = new LabKeyServers(this.network, clock, this.entropy.fork('kms', 1), identity);
  }

  /** Runs a test in a world with two running, trusted key servers and a cluster of hosts. */
  static async run(hosts: readonly HostName[], test: (lab: Lab, vcenter: VCenter) => Promise<void>): Promise<void> {
    const clock = new VirtualClock({ startMs: START_MS });
    await clock.run(async () => {
      const lab = new Lab(await serverIdentity(clock), clock);
      for (const server of [KMS_1, KMS_2]) await lab.servers.start(server);
      for (const host of hosts) lab.hosts.boot(host);
      const vcenter = await lab.bootVCenter();
      await lab.trust(vcenter, PROVIDER, [KMS_1, KMS_2]);
      await as(vcenter).addCluster(CLUSTER);
      for (const name of hosts) await as(vcenter).addHost({ name, cluster: CLUSTER });
      lab.wire.clear();
      lab.events.length = 0;
      await test(lab, vcenter);
      await vcenter.stop();
    });
  }

  /** Boots vCenter from its folder; the second call is a reboot. */
  bootVCenter(more: Partial<VCenterOptions> = {}): Promise<VCenter> {
    this.#boots += 1;
    return VCenter.boot({
      name: 'vcenter-1',
      folder: '/vcenter',
      files: this.files,
      clock: this.clock,
      entropy: this.entropy.fork('vcenter', this.#boots),
      network: new TappedNetwork(this.network, 'vcenter', this.wire),
      keyPairs: { generate: async () => rsa },
      hosts: this.hosts,
      events: { emit: (event) => void this.events.push(event) },
      ...more,
    });
  }

  /** Registers key servers and sets up trust both ways. */
  async trust(vcenter: VCenter, providerId: ProviderId, servers: readonly KeyServerName[]): Promise<void> {
    const { cryptoManager } = as(vcenter);
    for (const name of servers)
      await cryptoManager.registerKmipServer({ providerId, server: { name, address: { name } } });
    this.servers.trustedClients.push(await cryptoManager.generateSelfSignedClientCert(providerId));
    for (const name of servers) {
      const certificate = await cryptoManager.retrieveKmipServerCert(providerId, name);
      await cryptoManager.uploadKmipServerCert(providerId, name, certificate);
    }
  }

  /** Makes an encrypted VM and answers its UUID. */
  async encryptedVm(vcenter: VCenter, name = 'payroll', host = ESX_1): Promise<VmUuid> {
    const task = await as(vcenter).createVm(encryptedVmOf(name, host));
    if (task.state !== 'success') throw new Error(`${task.error?.code}: ${task.error?.message}`);
    return vcenter.vms().find(({ id }) => id === task.result)!.uuid;
  }

  /** Every file under a folder, with its bytes. */
  async filesUnder(folder: string): Promise<Map<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>();
    for (const name of await this.files.readdir(folder)) {
      const path = `${folder === '/' ? '' : folder}/${name}`;
      const { kind, sizeBytes } = await this.files.lstat(path);
      if (kind === 'folder') for (const [deep, bytes] of await this.filesUnder(path)) found.set(deep, bytes);
      else found.set(path, await this.#read(path, sizeBytes));
    }
    return found;
  }

  async #read(path: string, sizeBytes: number): Promise<Uint8Array> {
    const handle = await this.files.open(path, { access: 'read' });
    const bytes = new Uint8Array(sizeBytes);
    if ((await handle.pread(bytes, 0)) !== sizeBytes) throw new FileError('IO', 'read', path);
    await handle.close();
    return bytes;
  }
}

function serverIdentity(clock: VirtualClock): Promise<TlsIdentity> {
  const entropy = new SeededEntropy(8);
  const year = 365 * 24 * 3600 * 1000;
  return selfSign({
    ...{ keyPair: rsa, entropy, clock, subject: 'CN=kms', usage: 'server' as const },
    ...{ notBeforeMs: START_MS - year, notAfterMs: START_MS + year },
  });
}
