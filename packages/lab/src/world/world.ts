import { autoEngine, nativeEngine, portableEngine, type XtsEngine } from '@vcryptsim/crypto-core';
import type { EsxiHost } from '@vcryptsim/hypervisor';
import {
  assert,
  ClockError,
  type CryptoKeyId,
  type EventSink,
  type FileSystem,
  type FolderLocks,
  type Network,
  type WorldClock,
} from '@vcryptsim/ports';
import { SystemClock, SystemEntropy, SystemKeyPairs, TlsNetwork } from '@vcryptsim/ports/os';
import { EventLog, MemoryNetwork, RecordingFileSystem, SecretRecorder, SeededEntropy } from '@vcryptsim/simkit';
import { ADMINISTRATOR, type Session, type UserName, type VCenter } from '@vcryptsim/vcenter';
import { LabError } from '../errors/lab-error.js';
import { HostRoads } from '../faults/host-roads.js';
import { Machines } from '../faults/machines.js';
import { CountedIncarnations, type Incarnations } from '../folder/incarnations.js';
import type { LabFolder, LabPlaces } from '../folder/lab-folder.js';
import type { LabMemory } from '../folder/lab-memory.js';
import { lastLines } from '../folder/line-file.js';
import { makeRunFolder, type RunPlaces } from '../folder/run-folder.js';
import { removeRunFolder } from '../folder/run-mark.js';
import { VirtualMachines } from '../guests/virtual-machines.js';
import { VmLooks } from '../guests/vm-looks.js';
import { Searches } from '../invariants/searches.js';
import { InventoryNames } from '../names/inventory-names.js';
import { vmAnywhere } from '../names/vcenter-of.js';
import { KeysOnWire } from '../needles/keys-on-wire.js';
import { PlaintextMarkers } from '../needles/plaintext-markers.js';
import { SecretNeedles } from '../needles/secret-needles.js';
import type { HostRack } from '../racks/host-rack.js';
import type { KeyServerFaults, KeyServers } from '../racks/key-servers.js';
import { Evidence } from '../taps/evidence.js';
import { Timeline } from '../taps/timeline.js';
import { type WireMessage, WireTranscript } from '../taps/wire-transcript.js';
import { WireWatch } from '../taps/wire-watch.js';
import type { ExternalKms } from '../topology/external-kms.js';
import { machinesOf, sitePlanOf } from '../topology/site-plan.js';
import type { Lab } from '../topology/topology.js';
import type { RunEvent } from '../vocabulary/world-event.js';
import { DatastoreFiles } from './datastore-files.js';
import { type Drive, driveOf } from './drive.js';
import { PowerCuts } from './power-cuts.js';
import { Site, type SiteParts } from './site.js';
import { VCenterBackups } from './vcenter-backups.js';

/**
 * How long a host takes to boot: minutes, as real ones do, but nobody waits for that in real time. Ours; no multiple of
 * the heartbeat, so that a host is never seen in the very moment in which it comes up.
 */
const BOOT_MS = { virtual: 183_000, real: 2_000 } as const;

/** Which implementations a world is put together from. */
export interface WorldOptions {
  readonly lab: Lab;
  readonly seed: number;
  readonly clock: 'virtual' | 'real';
  readonly wire: 'tls' | 'memory';
  readonly engine: 'auto' | 'native' | 'portable';
  /** The system's files; under the virtual clock in `sync` mode. */
  readonly files: FileSystem;
  /** Folder of the scenario: images of the lab are looked for there. */
  readonly scenarioFolder: string;
  /** An image of the user's that takes the place of the first VM's disk: an absolute path. */
  readonly diskImage?: string;
  /** Somebody else's key server instead of our own. */
  readonly externalKms?: ExternalKms | null;
  /** Gets a redacted copy of every message on vCenter's wire. */
  readonly onWireMessage?: (message: WireMessage) => void;
}

/** How a world is built that lasts as long as a run. */
export interface RunWorldOptions extends WorldOptions {
  /** Absolute path of the run's folder: new, or empty. */
  readonly folder: string;
  /** The user named the folder, so that it is never removed as an old one. Default false. */
  readonly isKept?: boolean;
  /** Keeps other processes out of the folder. */
  readonly locks?: FolderLocks;
}

/** What a world is joined from. */
interface Parts {
  readonly drive: Drive;
  readonly engine: XtsEngine;
  readonly folder: RunPlaces;
  readonly log: EventLog;
  readonly evidence: Evidence;
  readonly recording: RecordingFileSystem;
  readonly transcript: WireTranscript;
  readonly timeline: Timeline;
  readonly wireWatch: WireWatch;
  readonly needles: SecretNeedles;
  readonly machines: Machines;
  readonly roads: HostRoads;
  readonly site: Site;
  /** Lets go of network and folder. */
  readonly release: () => Promise<void>;
}

/**
 * The one composition root: key servers, vCenter and hosts on ports that are virtual, recorded, tapped and breakable.
 * Everything that a scenario can do or see goes through it; nothing behind it knows that it is watched.
 */
export class World {
  readonly lab: Lab;
  readonly seed: number;
  /** `HOST:PORT` of an external key server, or null where our own serve. */
  readonly externalKms: string | null;
  readonly clock: WorldClock;
  readonly engineName: string;
  readonly folder: RunPlaces;
  readonly log: EventLog;
  /** What is written of the run while it goes on. */
  readonly evidence: Evidence;
  /** What the run itself says in the log. */
  readonly runEvents: EventSink<RunEvent>;
  /** The files of key servers, vCenter and hosts; remembers what was written. */
  readonly files: RecordingFileSystem;
  readonly transcript: WireTranscript;
  /** Events and KMIP in one order. */
  readonly timeline: Timeline;
  readonly wireWatch: WireWatch;
  readonly needles: SecretNeedles;
  readonly faults: KeyServerFaults;
  readonly keyServers: KeyServers;
  readonly hosts: HostRack;
  /** The disks of the machines, and their power. */
  readonly machines: Machines;
  /** The ways from vCenters to hosts. */
  readonly roads: HostRoads;
  /** Copies of vCenter's folder. */
  readonly backups: VCenterBackups;
  /** Works on the files of datastores past every host. */
  readonly datastoreFiles: DatastoreFiles;
  /** Takes power away and brings it back. */
  readonly power: PowerCuts;
  readonly vms: VirtualMachines;
  /** Looks at files of VMs past every host. */
  readonly looks: VmLooks;
  /** What must not be seen in clear where it is encrypted. */
  readonly markers: PlaintextMarkers;
  /** For what must be nowhere, in files and on wires. */
  readonly searches: Searches;
  readonly #site: Site;
  readonly #drive: Drive;
  readonly #release: () => Promise<void>;

  private constructor(options: WorldOptions, parts: Parts) {
    this.lab = options.lab;
    this.seed = options.seed;
    this.externalKms = addressText(options.externalKms);
    this.clock = parts.drive.clock;
    this.engineName = parts.engine.name;
    this.folder = parts.folder;
    this.log = parts.log;
    this.evidence = parts.evidence;
    this.runEvents = parts.log.sink<RunEvent>('run');
    this.files = parts.recording;
    this.transcript = parts.transcript;
    this.timeline = parts.timeline;
    this.wireWatch = parts.wireWatch;
    this.needles = parts.needles;
    this.#site = parts.site;
    this.faults = parts.site.keyServers.faults;
    this.keyServers = parts.site.keyServers.servers;
    this.hosts = parts.site.hosts;
    this.machines = parts.machines;
    this.roads = parts.roads;
    const { clock, seed, runEvents: events } = this;
    const vcenterFiles = parts.machines.filesOf('vcenter');
    this.backups = new VCenterBackups({ site: parts.site, folder: parts.folder, files: vcenterFiles });
    this.datastoreFiles = new DatastoreFiles({ folder: parts.folder, files: parts.machines.inHand });
    this.power = new PowerCuts({ site: parts.site, machines: parts.machines, roads: parts.roads, clock, seed, events });
    this.markers = new PlaintextMarkers();
    this.vms = new VirtualMachines(parts.site, options, this.markers);
    const now = (name: string) => this.vms.now(name);
    this.looks = new VmLooks({ folder: parts.folder, files: parts.recording, needles: parts.needles, now });
    this.#drive = parts.drive;
    this.#release = parts.release;
    this.searches = new Searches(this);
    this.wireWatch.lookFor(() => this.searches.onWires.needles());
  }

  /**
   * Builds a world for a run: key servers up, vCenter trusted by them and they by it, hosts in the cluster, vCenter's
   * loops on.
   *
   * @throws LabError FOLDER_IN_USE; with an external key server BAD_CREDENTIALS, KEY_SERVER_UNUSABLE, NO_WAY_OUT;
   *   FileError when the folder cannot be made or written
   */
  static async build(options: RunWorldOptions): Promise<World> {
    refuseMemoryWire(options);
    const { files, lab } = options;
    const drive = options.externalKms ? driveOf(options.clock, new SystemClock().nowMs) : driveOf(options.clock);
    return drive.run(async () => {
      const folder = await makeRunFolder({
        files,
        path: options.folder,
        ...machinesOf(lab),
        isKept: options.isKept ?? false,
        madeAtMs: new SystemClock().nowMs,
        token: hexOf(new SystemEntropy().public(16, 'run folder')),
        ...(options.locks !== undefined && { locks: options.locks }),
      });
      const release = async () => folder.lock?.release();
      const place = { folder, isFirst: true, incarnations: new CountedIncarnations(), drive, release };
      try {
        return await World.#join(options, place);
      } catch (error) {
        await release();
        // A refusal is told whole by its sentence. Of anything else the files are evidence, and stay.
        if (isRefusal(error)) await removeRunFolder(files, folder.mark);
        throw error;
      }
    });
  }

  /**
   * Boots a world from a lab's folder: set up as {@link build} does where nothing is there yet, else as after a power
   * cut of the whole site: no host has anything in memory, every VM is off, key servers and vCenter read their files.
   *
   * @param lab which the folder has, or is to have
   * @throws as {@link build}, but for the folder
   */
  static async boot(options: WorldOptions, folder: LabFolder): Promise<World> {
    refuseMemoryWire(options);
    const { memory, places } = folder;
    assert(memory, 'a lab that boots has its memory');
    const { isSetUp } = memory;
    const nowMs = isSetUp ? await restedAtMs(options.files, places, memory) : undefined;
    const drive = driveOf(options.clock, nowMs);
    return drive.run(async () => {
      const place = { folder: places, isFirst: !isSetUp, incarnations: memory, drive, release: async () => {} };
      const world = await World.#join(options, place);
      if (isSetUp) await world.vms.adopt();
      return world;
    });
  }

  static async #join(options: WorldOptions, place: Place): Promise<World> {
    const { network, dispose } = networkOf(options.wire, place.drive.clock);
    try {
      const parts = await join(options, place, network);
      return new World(options, { ...parts, release: () => dispose().finally(place.release) });
    } catch (error) {
      await dispose();
      throw error;
    }
  }

  /** The vCenter that runs now; after a power cut of the site it is another. */
  get vcenter(): VCenter {
    return this.#site.vcenter;
  }

  /** What the names that people write mean in vCenter at this moment. */
  get names(): InventoryNames {
    return new InventoryNames(this.vcenter);
  }

  /** A vCenter of the lab by its name. @throws LabError NAME_NOT_FOUND */
  vcenterNamed(name: string): VCenter {
    const vcenter = this.#site.vcenters.get(name);
    if (vcenter) return vcenter;
    const known = [...this.#site.vcenters.keys()].join(', ');
    throw new LabError('NAME_NOT_FOUND', `This lab has no vCenter '${name}'. There are: ${known}.`);
  }

  /** Makes a host hang: it answers nothing and its files wait, until it is released, rebooted or loses power. */
  hangHost(name: string): void {
    for (const vcenter of this.vcenterNames()) this.roads.between(vcenter, name).set('hang');
    this.hosts.setHanging(name, true);
    this.machines.filesOf(name).hang();
  }

  /** Lets a host that hangs go on. */
  releaseHost(name: string): void {
    for (const road of this.roads.to(name)) if (road.fault === 'hang') road.clear();
    this.hosts.setHanging(name, false);
    this.machines.filesOf(name).release();
  }

  /** Stops a vCenter; hosts and key servers go on. @throws LabError NAME_NOT_FOUND */
  stopVCenter(name: string): Promise<void> {
    this.vcenterNamed(name);
    return this.#site.stopVCenter(name);
  }

  /** Boots a vCenter from its folder, if it is stopped. @throws LabError NAME_NOT_FOUND */
  startVCenter(name: string): Promise<void> {
    this.vcenterNamed(name);
    return this.#site.startVCenter(name);
  }

  /** Names of the vCenters, the first first. */
  vcenterNames(): readonly string[] {
    return [...this.#site.vcenters.keys()];
  }

  /** Lets the world run until `work` is done. Outside of it virtual time stands still. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return this.#drive.run(work);
  }

  /** The host of this name. @throws NetworkError REFUSED while it is down */
  host(name: string): EsxiHost {
    return this.hosts.running(name);
  }

  /** The VM of a name and the vCenter that has it. @throws LabError VM_NOT_CREATED, NAME_AMBIGUOUS */
  vmAnywhere(name: string): ReturnType<typeof vmAnywhere> {
    return vmAnywhere(this.#site.vcenters, name);
  }

  /** A user at vCenter's door, by the web client where nothing else is said. @throws VCenterError INVALID_LOGIN */
  as(user: UserName = ADMINISTRATOR, via: 'client' | 'api' = 'client', operationId?: string): Session {
    return this.vcenter.login(user, via, operationId);
  }

  /** Says whether a disk of this world is broken now: what fails by it is no fault of this machine. */
  get hasDiskFaults(): boolean {
    return this.machines.disks().some((disk) => disk.isFaulty);
  }

  /** IDs of the keys in a host's memory; none while it is down. */
  async keysInMemory(host: string): Promise<readonly CryptoKeyId[]> {
    return (await this.hosts.up(host)?.listKeys()) ?? [];
  }

  /** Ends everything: vCenter, hosts, key servers, sockets. The files stay. */
  async dispose(): Promise<void> {
    await this.run(async () => {
      this.power.forgetOrders();
      await this.power.back().catch(() => {});
      await this.vms.dispose();
      await this.#site.dispose();
    })
      .finally(() => this.evidence.close())
      .finally(() => this.#release());
  }
}

/** Where a world is, and what it goes on from. */
interface Place {
  readonly folder: RunPlaces;
  /** Nothing is there yet. */
  readonly isFirst: boolean;
  readonly incarnations: Incarnations;
  readonly drive: Drive;
  readonly release: () => Promise<void>;
}

async function join(options: WorldOptions, place: Place, network: Network): Promise<Omit<Parts, 'release'>> {
  const { lab, seed, files, onWireMessage } = options;
  const { folder, drive, incarnations, isFirst } = place;
  const { clock } = drive;
  const startMs = clock.nowMs;
  const log = new EventLog(clock);
  const evidence = await (isFirst ? Evidence.make(files, folder, log) : Evidence.goOn(files, folder, log));
  const process = await incarnations.next('run');
  const recorder = new SecretRecorder(new SeededEntropy(seed).fork('masks', process));
  const entropy = new SeededEntropy(seed, { recorder });
  const learned = new KeysOnWire(entropy.fork('learned masks', process));
  const needles = new SecretNeedles(recorder, learned, entropy.fork('needle', process));
  const recording = new RecordingFileSystem(files);
  const wireWatch = new WireWatch();
  const engine = engineOf(options.engine);
  // Keys that were made outside, or by an earlier process, are learned when they are served.
  const learns = Boolean(options.externalKms) || !isFirst;
  const transcript = new WireTranscript(
    wireWatch,
    learns ? (answer) => learned.learn(answer) : undefined,
    onWireMessage && ((message) => onWireMessage({ ...message, atMs: clock.nowMs - startMs })),
  );
  transcript.onExchange((exchange) => evidence.exchange(exchange));
  const timeline = new Timeline(log, transcript, () => clock.nowMs);
  const roads = new HostRoads(clock);
  const machines = new Machines({
    files: recording,
    folder,
    hosts: lab.hosts,
    datastores: sitePlanOf(lab).datastores,
    clock,
  });
  await machines.measure();
  const parts: SiteParts = {
    ...{ lab, externalKms: options.externalKms ?? null, folder, machines, roads, clock, entropy, incarnations },
    ...{ network, keyPairs: new SystemKeyPairs(clock), engine, log, transcript, bootMs: BOOT_MS[options.clock] },
  };
  if (!isFirst) log.sink<RunEvent>('run').emit({ type: 'SITE_POWER_CUT' });
  const site = await (isFirst ? Site.build(parts) : Site.boot(parts));
  return {
    drive,
    engine,
    folder,
    log,
    evidence,
    recording,
    transcript,
    timeline,
    wireWatch,
    needles,
    machines,
    roads,
    site,
  };
}

/** Far more than the events of one moment, and a line of each. */
const LAST_EVENTS_BYTES = 64 * 1024;

/** The lab's time goes on where the lab rested; where a cut ended it in the middle of an order, after its last event. */
async function restedAtMs(files: FileSystem, places: LabPlaces, memory: LabMemory): Promise<number> {
  const lines = await lastLines(files, places.events, LAST_EVENTS_BYTES);
  const last = JSON.parse(lines.at(-1) ?? '{}') as { readonly atMs?: unknown };
  return Math.max(memory.nowMs ?? 0, typeof last.atMs === 'number' ? last.atMs : 0);
}

// The names inside a memory wire are all there is on it.
function refuseMemoryWire({ externalKms, wire }: WorldOptions): void {
  if (!externalKms || wire === 'tls') return;
  const message = `The memory wire does not lead to ${addressText(externalKms)}. Leave --wire memory out.`;
  throw new LabError('NO_WAY_OUT', message);
}

function addressText(external: ExternalKms | null | undefined): string | null {
  return !external ? null : `${external.address.host}:${external.address.port}`;
}

function networkOf(kind: WorldOptions['wire'], clock: WorldClock): { network: Network; dispose: () => Promise<void> } {
  const network = kind === 'tls' ? new TlsNetwork(clock) : new MemoryNetwork(clock);
  return { network, dispose: () => network.dispose() };
}

function engineOf(kind: WorldOptions['engine']): XtsEngine {
  if (kind === 'auto') return autoEngine();
  return kind === 'native' ? nativeEngine() : portableEngine();
}

/** Says whether somebody refused something, in a sentence with a code: no mistake of ours, no world that is stuck. */
function isRefusal(error: unknown): boolean {
  const isCoded = error instanceof Error && 'code' in error && typeof error.code === 'string';
  return isCoded && !(error instanceof ClockError) && !String(error.code).startsWith('ERR_');
}

function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
