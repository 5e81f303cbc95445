import { autoEngine, nativeEngine, portableEngine, type XtsEngine } from '@vcryptsim/crypto-core';
import type { EsxiHost } from '@vcryptsim/hypervisor';
import {
  ClockError,
  type CryptoKeyId,
  type EventSink,
  type FileSystem,
  type FolderLocks,
  type HostName,
  type Network,
  type WorldClock,
} from '@vcryptsim/ports';
import { SystemClock, SystemEntropy, SystemKeyPairs, TlsNetwork } from '@vcryptsim/ports/os';
import {
  EventLog,
  MemoryNetwork,
  RecordingFileSystem,
  SecretRecorder,
  SeededEntropy,
  TappedNetwork,
} from '@vcryptsim/simkit';
import { type ClusterName, VCenter } from '@vcryptsim/vcenter';
import { makeRunFolder, type RunFolder } from '../folder/run-folder.js';
import { removeRunFolder } from '../folder/run-mark.js';
import { VirtualMachines } from '../guests/virtual-machines.js';
import { Searches } from '../invariants/searches.js';
import { LabError } from '../lab-error.js';
import { KeysOnWire } from '../needles/keys-on-wire.js';
import { PlaintextMarkers } from '../needles/plaintext-markers.js';
import { SecretNeedles } from '../needles/secret-needles.js';
import { HostRack } from '../racks/host-rack.js';
import type { KeyServerFaults, KeyServers } from '../racks/key-servers.js';
import { openKeyServers } from '../racks/open-key-servers.js';
import { RELEASE } from '../racks/release.js';
import { Evidence } from '../taps/evidence.js';
import { type WireMessage, WireTranscript } from '../taps/wire-transcript.js';
import { WireWatch } from '../taps/wire-watch.js';
import type { ExternalKms } from '../topology/external-kms.js';
import type { Lab } from '../topology/topology.js';
import type { RunEvent } from '../vocabulary/world-event.js';
import { type Drive, driveOf } from './drive.js';

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
  /** Absolute path of the run's folder: new, or empty. */
  readonly folder: string;
  /** The user named the folder, so that it is never removed as an old one. Default false. */
  readonly isKept?: boolean;
  /** Keeps other processes out of the folder. */
  readonly locks?: FolderLocks;
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

/** What {@link World.build} joins. */
interface Parts {
  readonly options: WorldOptions;
  readonly clock: WorldClock;
  readonly engine: XtsEngine;
  readonly folder: RunFolder;
  readonly log: EventLog;
  readonly evidence: Evidence;
  readonly recording: RecordingFileSystem;
  readonly transcript: WireTranscript;
  readonly wireWatch: WireWatch;
  readonly needles: SecretNeedles;
  readonly faults: KeyServerFaults;
  readonly keyServers: KeyServers;
  readonly hosts: HostRack;
  readonly vcenter: VCenter;
  readonly disposeNetwork: () => Promise<void>;
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
  readonly folder: RunFolder;
  readonly log: EventLog;
  /** What is written of the run while it goes on. */
  readonly evidence: Evidence;
  /** What the run itself says in the log. */
  readonly runEvents: EventSink<RunEvent>;
  /** The files of key servers, vCenter and hosts; remembers what was written. */
  readonly files: RecordingFileSystem;
  readonly transcript: WireTranscript;
  readonly wireWatch: WireWatch;
  readonly needles: SecretNeedles;
  readonly faults: KeyServerFaults;
  readonly keyServers: KeyServers;
  readonly hosts: HostRack;
  readonly vcenter: VCenter;
  readonly vms: VirtualMachines;
  /** What must not be seen in clear where it is encrypted. */
  readonly markers: PlaintextMarkers;
  /** For what must be nowhere, in files and on wires. */
  readonly searches: Searches;
  readonly #drive: Drive;
  readonly #disposeNetwork: () => Promise<void>;

  private constructor(parts: Parts, drive: Drive) {
    this.lab = parts.options.lab;
    this.seed = parts.options.seed;
    this.externalKms = addressText(parts.options.externalKms);
    this.clock = parts.clock;
    this.engineName = parts.engine.name;
    this.folder = parts.folder;
    this.log = parts.log;
    this.evidence = parts.evidence;
    this.runEvents = parts.log.sink<RunEvent>('run');
    this.files = parts.recording;
    this.transcript = parts.transcript;
    this.wireWatch = parts.wireWatch;
    this.needles = parts.needles;
    this.faults = parts.faults;
    this.keyServers = parts.keyServers;
    this.hosts = parts.hosts;
    this.vcenter = parts.vcenter;
    this.markers = new PlaintextMarkers();
    this.vms = new VirtualMachines(this, parts.options, this.markers);
    this.#drive = drive;
    this.#disposeNetwork = parts.disposeNetwork;
    this.searches = new Searches(this);
    this.wireWatch.lookFor(() => this.searches.onWires.needles());
  }

  /**
   * Builds a world: key servers up, vCenter trusted by them and they by it, hosts in the cluster, vCenter's loops on.
   *
   * @throws LabError FOLDER_IN_USE; with an external key server BAD_CREDENTIALS, KEY_SERVER_UNUSABLE, NO_WAY_OUT;
   *   FileError when the folder cannot be made or written
   */
  static async build(options: WorldOptions): Promise<World> {
    refuseMemoryWire(options);
    const drive = options.externalKms ? driveOf(options.clock, new SystemClock().nowMs) : driveOf(options.clock);
    return drive.run(async () => {
      const { network, dispose } = networkOf(options.wire, drive.clock);
      try {
        return new World(await join(options, drive.clock, network, dispose), drive);
      } catch (error) {
        await dispose();
        throw error;
      }
    });
  }

  /** Lets the world run until `work` is done. Outside of it virtual time stands still. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return this.#drive.run(work);
  }

  /** The host of this name. @throws NetworkError REFUSED while it is down */
  host(name: string): EsxiHost {
    return this.hosts.running(name);
  }

  /** IDs of the keys in a host's memory; none while it is down. */
  async keysInMemory(host: string): Promise<readonly CryptoKeyId[]> {
    return (await this.hosts.up(host)?.listKeys()) ?? [];
  }

  /** Ends everything: vCenter, hosts, key servers, sockets. The files stay. */
  async dispose(): Promise<void> {
    await this.run(async () => {
      await this.vms.dispose();
      await this.vcenter.stop();
      await this.hosts.dispose();
      await this.keyServers.dispose();
    })
      .finally(() => this.#disposeNetwork())
      .finally(() => this.evidence.close())
      .finally(() => this.folder.lock?.release());
  }
}

async function join(
  options: WorldOptions,
  clock: WorldClock,
  network: Network,
  disposeNetwork: () => Promise<void>,
): Promise<Parts> {
  const { lab, files } = options;
  const folder = await makeRunFolder({
    files,
    path: options.folder,
    hosts: lab.hosts,
    datastore: lab.datastore,
    isKept: options.isKept ?? false,
    madeAtMs: new SystemClock().nowMs,
    token: hexOf(new SystemEntropy().public(16, 'run folder')),
    ...(options.locks !== undefined && { locks: options.locks }),
  });
  try {
    return await joinIn(folder, options, clock, network, disposeNetwork);
  } catch (error) {
    await folder.lock?.release();
    // A refusal is told whole by its sentence. Of anything else the files are evidence, and stay.
    if (isRefusal(error)) await removeRunFolder(files, folder.mark);
    throw error;
  }
}

async function joinIn(
  folder: RunFolder,
  options: WorldOptions,
  clock: WorldClock,
  network: Network,
  disposeNetwork: () => Promise<void>,
): Promise<Parts> {
  const { lab, seed, files } = options;
  const startMs = clock.nowMs;
  const log = new EventLog(clock);
  const evidence = await Evidence.open(files, folder, log);
  const recorder = new SecretRecorder(new SeededEntropy(seed).fork('masks', 1));
  const entropy = new SeededEntropy(seed, { recorder });
  const learned = new KeysOnWire(entropy.fork('learned masks', 1));
  const needles = new SecretNeedles(recorder, learned, entropy.fork('needle', 1));
  const recording = new RecordingFileSystem(files);
  const wireWatch = new WireWatch();
  const keyPairs = new SystemKeyPairs(clock);
  const engine = engineOf(options.engine);
  const shared = { files: recording, clock, entropy };
  const kms = await openKeyServers(options, {
    ...shared,
    folder: folder.kms,
    network,
    keyPairs,
    events: log.sink('kms'),
  });
  const { onWireMessage } = options;
  const transcript = new WireTranscript(
    wireWatch,
    kms.isOutside ? (answer) => learned.learn(answer) : undefined,
    onWireMessage && ((message) => onWireMessage({ ...message, atMs: clock.nowMs - startMs })),
  );
  transcript.onExchange((exchange) => {
    evidence.exchange(exchange);
    kms.hearAnswer(exchange);
  });
  const hosts = new HostRack({
    ...shared,
    names: lab.hosts as HostName[],
    folder: folder.hosts,
    datastores: [{ name: lab.datastore, folder: `${folder.datastores}/${lab.datastore}` }],
    sinkFor: (source) => log.sink(source),
    engine,
    bootMs: BOOT_MS[options.clock],
  });
  await hosts.bootAll();
  const vcenter = await VCenter.boot({
    ...shared,
    name: 'vcenter',
    version: RELEASE.vcenter,
    folder: folder.vcenter,
    entropy: entropy.fork('vcenter', 1),
    network: new TappedNetwork(kms.network, 'vcenter', transcript),
    keyPairs,
    hosts,
    events: kms.hearEvents(log.sink('vcenter')),
  });
  await kms.setUpTrust(vcenter);
  await vcenter.addCluster(lab.cluster as ClusterName);
  for (const name of lab.hosts) await vcenter.addHost({ name: name as HostName, cluster: lab.cluster as ClusterName });
  vcenter.start();
  const watch = { transcript, wireWatch, needles, faults: kms.faults, keyServers: kms.servers };
  return { options, clock, engine, folder, log, evidence, recording, ...watch, hosts, vcenter, disposeNetwork };
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
