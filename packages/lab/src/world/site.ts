import type { XtsEngine } from '@vcryptsim/crypto-core';
import {
  assert,
  type HostName,
  type KeyPairSource,
  makeFolders,
  type Network,
  type WorldClock,
} from '@vcryptsim/ports';
import { type EventLog, type SeededEntropy, TappedNetwork } from '@vcryptsim/simkit';
import { VCenter } from '@vcryptsim/vcenter';
import type { HostRoads } from '../faults/host-roads.js';
import type { Machines } from '../faults/machines.js';
import type { Incarnations } from '../folder/incarnations.js';
import type { RunPlaces } from '../folder/run-folder.js';
import { type HostMachine, HostRack } from '../racks/host-rack.js';
import { openKeyServers, type WorldKeyServers } from '../racks/open-key-servers.js';
import type { WireTranscript } from '../taps/wire-transcript.js';
import type { ExternalKms } from '../topology/external-kms.js';
import { type SitePlan, sitePlanOf } from '../topology/site-plan.js';
import type { Lab } from '../topology/topology.js';
import { setUpVCenter } from './set-up-vcenter.js';

/** What a site is built on: the ports of its world, and what listens to it. */
export interface SiteParts {
  readonly lab: Lab;
  readonly externalKms: ExternalKms | null;
  readonly folder: RunPlaces;
  /** What the machines have their files on. */
  readonly machines: Machines;
  /** vCenter's ways to the hosts. */
  readonly roads: HostRoads;
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
  /** The last boot of each, in the order of the lab. */
  #vcenters: ReadonlyMap<string, VCenter>;
  readonly #stopped = new Set<string>();

  private constructor(
    parts: SiteParts,
    keyServers: WorldKeyServers,
    hosts: HostRack,
    vcenters: ReadonlyMap<string, VCenter>,
  ) {
    this.#parts = parts;
    this.keyServers = keyServers;
    this.hosts = hosts;
    this.#vcenters = vcenters;
  }

  /** The vCenter that runs now; of several the first. */
  get vcenter(): VCenter {
    const [first] = this.#vcenters.values();
    assert(first, 'a site has a vCenter');
    return first;
  }

  /** The vCenters that run now, by name. */
  get vcenters(): ReadonlyMap<string, VCenter> {
    return this.#vcenters;
  }

  /** Sets a new site up, as an administrator does: vCenter and key servers trust each other, the hosts join the cluster. */
  static async build(parts: SiteParts): Promise<Site> {
    const site = await Site.#powerOn(parts);
    for (const [name, vcenter] of site.#vcenters) {
      await site.keyServers.setUpTrust(vcenter, name);
      await setUpVCenter(vcenter, name, parts.lab);
    }
    site.#start();
    return site;
  }

  /** Boots a site from its folders, as after a power cut: nothing is in memory, and hosts take their time. */
  static async boot(parts: SiteParts): Promise<Site> {
    await parts.clock.after(parts.bootMs);
    const site = await Site.#powerOn(parts);
    site.#start();
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
      machines: hostMachines(lab, folder.datastores),
      folder: folder.hosts,
      filesOf: (name) => parts.machines.filesOf(name),
      sinkFor: (source) => log.sink(source),
    });
    await hosts.bootAll();
    return new Site(parts, keyServers, hosts, await bootVCenters(parts, keyServers, hosts));
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
    for (const vcenter of this.#vcenters.values()) await vcenter.stop().catch(unwritten);
    await servers.stop(servers.names()).catch(unwritten);
    for (const name of servers.names()) await faults.clear(name);
  }

  /** Stops a vCenter; its folder stays as it is. A second time does nothing. */
  async stopVCenter(name: string): Promise<void> {
    await this.#vcenters.get(name)?.stop();
    this.#stopped.add(name);
  }

  /** Boots a vCenter from its folder; does nothing while it runs. */
  async startVCenter(name: string): Promise<void> {
    if (!this.#stopped.has(name)) return;
    const plan = sitePlanOf(this.#parts.lab).vcenters.find((each) => each.name === name);
    assert(plan, `a vCenter that was stopped is one of the lab`);
    const vcenter = await bootVCenter(plan, this.#parts, this.keyServers, this.hosts);
    this.#vcenters = new Map([...this.#vcenters].map(([each, old]) => [each, each === name ? vcenter : old]));
    this.#stopped.delete(name);
    vcenter.start();
  }

  /** Boots all of it from its folders. */
  async powerOn(): Promise<void> {
    const { servers } = this.keyServers;
    await servers.start(servers.names());
    await this.hosts.bootAll();
    this.#vcenters = await bootVCenters(this.#parts, this.keyServers, this.hosts);
    this.#stopped.clear();
    this.#start();
  }

  #start(): void {
    for (const vcenter of this.#vcenters.values()) vcenter.start();
  }

  /** Ends everything. The files stay. */
  async dispose(): Promise<void> {
    for (const vcenter of this.#vcenters.values()) await vcenter.stop();
    await this.hosts.allDown();
    await this.keyServers.servers.dispose();
    await this.#parts.machines.dispose();
  }
}

async function bootVCenters(
  parts: SiteParts,
  keyServers: WorldKeyServers,
  hosts: HostRack,
): Promise<ReadonlyMap<string, VCenter>> {
  const booted = new Map<string, VCenter>();
  for (const plan of sitePlanOf(parts.lab).vcenters)
    booted.set(plan.name, await bootVCenter(plan, parts, keyServers, hosts));
  return booted;
}

async function bootVCenter(
  { name, version, settings }: SitePlan['vcenters'][number],
  parts: SiteParts,
  keyServers: WorldKeyServers,
  hosts: HostRack,
): Promise<VCenter> {
  const files = parts.machines.filesOf('vcenter');
  // One vCenter has the folder to itself; of several each has one in it.
  const isOnly = sitePlanOf(parts.lab).vcenters.length === 1;
  const folder = isOnly ? parts.folder.vcenter : `${parts.folder.vcenter}/${name}`;
  if (!isOnly) await makeFolders(files, folder);
  return VCenter.boot({
    ...parts,
    ...{ name, version, settings, folder, files, hosts: parts.roads.from(name, hosts) },
    entropy: parts.entropy.fork(name, await parts.incarnations.next(name)),
    network: new TappedNetwork(keyServers.network, name, parts.transcript),
    events: keyServers.hearEvents(parts.log.sink(name)),
  });
}

function hostMachines(lab: Lab, datastores: string): readonly HostMachine[] {
  const plan = sitePlanOf(lab);
  const mounts = new Map(
    plan.datastores.map(({ name, type }) => [name, { name, type, folder: `${datastores}/${name}` }]),
  );
  return plan.hosts.map(({ name, version, datastores: mounted }) => {
    return { name: name as HostName, version, datastores: mounted.flatMap((each) => mounts.get(each) ?? []) };
  });
}

/** Lets pass what fails for want of power: a refusal with a code. */
function unwritten(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) throw error;
}
