import type { XtsEngine } from '@vcryptsim/crypto-core';
import { assert, type HostName, type KeyPairSource, type Network, type WorldClock } from '@vcryptsim/ports';
import { type EventLog, type SeededEntropy, TappedNetwork } from '@vcryptsim/simkit';
import { ADMINISTRATOR, ROOT_FOLDER, VCenter } from '@vcryptsim/vcenter';
import { addHost, createCluster, createDatacenter } from '@vcryptsim/vcenter/catalogue';
import { succeed } from '../errors/task-error.js';
import type { Machines } from '../faults/machines.js';
import type { Incarnations } from '../folder/incarnations.js';
import type { RunPlaces } from '../folder/run-folder.js';
import { HostRack } from '../racks/host-rack.js';
import { openKeyServers, type WorldKeyServers } from '../racks/open-key-servers.js';
import { RELEASE } from '../racks/release.js';
import type { WireTranscript } from '../taps/wire-transcript.js';
import type { ExternalKms } from '../topology/external-kms.js';
import type { Lab } from '../topology/topology.js';

/** The datacenter of a world whose topology names none. */
const DATACENTER = 'dc-1';

/** What a site is built on: the ports of its world, and what listens to it. */
export interface SiteParts {
  readonly lab: Lab;
  readonly externalKms: ExternalKms | null;
  readonly folder: RunPlaces;
  /** What the machines have their files on. */
  readonly machines: Machines;
  readonly clock: WorldClock;
  readonly entropy: SeededEntropy;
  readonly incarnations: Incarnations;
  readonly network: Network;
  readonly keyPairs: KeyPairSource;
  readonly engine: XtsEngine;
  readonly log: EventLog;
  readonly transcript: WireTranscript;
  /** How long a host takes to boot. */
  readonly bootMs: number;
}

/**
 * Everything in a world that has a power cord: key servers, hosts, vCenter. All of it can lose power at once, and comes
 * back from its folders; an external key server is somewhere else and stays as it is.
 */
export class Site {
  readonly keyServers: WorldKeyServers;
  readonly hosts: HostRack;
  readonly #parts: SiteParts;
  #vcenter: VCenter;

  private constructor(parts: SiteParts, keyServers: WorldKeyServers, hosts: HostRack, vcenter: VCenter) {
    this.#parts = parts;
    this.keyServers = keyServers;
    this.hosts = hosts;
    this.#vcenter = vcenter;
  }

  /** The vCenter that runs now. */
  get vcenter(): VCenter {
    return this.#vcenter;
  }

  /** Sets a new site up, as an administrator does: vCenter and key servers trust each other, the hosts join the cluster. */
  static async build(parts: SiteParts): Promise<Site> {
    const site = await Site.#powerOn(parts);
    const { vcenter } = site;
    await site.keyServers.setUpTrust(vcenter);
    const session = vcenter.login(ADMINISTRATOR, 'client');
    const datacenter = await session.call(createDatacenter, ROOT_FOLDER, { name: DATACENTER });
    const made = vcenter.datacenters().find(({ id }) => id === datacenter);
    assert(made, 'a datacenter that was made is there');
    const cluster = await session.call(createCluster, made.hostFolder, { name: parts.lab.cluster });
    for (const name of parts.lab.hosts) succeed(await session.run(addHost, cluster, { name: name as HostName }));
    vcenter.start();
    return site;
  }

  /** Boots a site from its folders, as after a power cut: nothing is in memory, and hosts take their time. */
  static async boot(parts: SiteParts): Promise<Site> {
    await parts.clock.after(parts.bootMs);
    const site = await Site.#powerOn(parts);
    site.vcenter.start();
    return site;
  }

  static async #powerOn(parts: SiteParts): Promise<Site> {
    const { lab, folder, log, transcript, clock } = parts;
    const files = parts.machines.filesOf('kms');
    const keyServers = await openKeyServers(parts, {
      ...parts,
      files,
      folder: folder.kms,
      events: log.sink('kms'),
      clock,
    });
    transcript.onExchange((exchange) => keyServers.hearAnswer(exchange));
    const hosts = new HostRack({
      ...parts,
      names: lab.hosts as HostName[],
      folder: folder.hosts,
      datastores: [{ name: lab.datastore, folder: `${folder.datastores}/${lab.datastore}` }],
      filesOf: (name) => parts.machines.filesOf(name),
      sinkFor: (source) => log.sink(source),
    });
    await hosts.bootAll();
    return new Site(parts, keyServers, hosts, await bootVCenter(parts, keyServers, hosts));
  }

  /** How long a host takes to boot. */
  get bootMs(): number {
    return this.#parts.bootMs;
  }

  /** Its power is gone: whatever is in memory goes. Faults on the ways to key servers are over then. */
  async lose(): Promise<void> {
    const { servers, faults } = this.keyServers;
    await this.hosts.allDown();
    // Their files are gone, so that nothing can be closed in order; what fails is what could not be written any more.
    await this.#vcenter.stop().catch(unwritten);
    await servers.stop(servers.names()).catch(unwritten);
    for (const name of servers.names()) await faults.clear(name);
  }

  /** Boots all of it from its folders. */
  async powerOn(): Promise<void> {
    const { servers } = this.keyServers;
    await servers.start(servers.names());
    await this.hosts.bootAll();
    this.#vcenter = await bootVCenter(this.#parts, this.keyServers, this.hosts);
    this.#vcenter.start();
  }

  /** Ends everything. The files stay. */
  async dispose(): Promise<void> {
    await this.#vcenter.stop();
    await this.hosts.allDown();
    await this.keyServers.servers.dispose();
    await this.#parts.machines.dispose();
  }
}

async function bootVCenter(parts: SiteParts, keyServers: WorldKeyServers, hosts: HostRack): Promise<VCenter> {
  return VCenter.boot({
    ...parts,
    name: 'vcenter',
    files: parts.machines.filesOf('vcenter'),
    version: RELEASE.vcenter,
    folder: parts.folder.vcenter,
    entropy: parts.entropy.fork('vcenter', await parts.incarnations.next('vcenter')),
    network: new TappedNetwork(keyServers.network, 'vcenter', parts.transcript),
    hosts,
    events: keyServers.hearEvents(parts.log.sink('vcenter')),
  });
}

/** Lets pass what fails for want of power: a refusal with a code. */
function unwritten(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) throw error;
}
