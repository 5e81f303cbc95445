import {
  checkImages,
  type ExternalKms,
  externalKmsOf,
  LabError,
  LabFolder,
  type LabSetup,
  LiveLab,
  machinesOf,
  World,
} from '@vcryptsim/lab';
import { type Clock, exists, type FileSystem, type FolderLocks, type LocalSocket, replaceFile } from '@vcryptsim/ports';
import { loadTopology } from '../scenario/load-scenario.js';
import { sameMachines, type Topology, topologyText } from '../scenario/topology.js';
import { LabOrders, type LabOrdersOptions } from './lab-orders.js';

/** What a lab is started with. */
export interface StartLabOptions {
  /** Absolute path of the lab's folder: new, empty, or that of a lab. */
  readonly path: string;
  /** What the user asks for; null boots what the folder has. */
  readonly topology: Topology | null;
  /** What the user asks for beside it; what is left out is as the lab was set up, or the usual. */
  readonly wanted: Partial<Omit<LabSetup, 'name'>>;
  /** Draws the seed of a new lab for which nobody asks for one. */
  readonly drawSeed: () => number;
  readonly files: FileSystem;
  readonly locks: FolderLocks;
  readonly sockets: LocalSocket;
  /** Real time. */
  readonly clock: Clock;
  readonly onFault: (error: unknown) => void;
  /** See {@link LabOrdersOptions.schema}. */
  readonly schema?: string;
}

/** A lab that takes orders. */
export interface StartedLab {
  readonly lab: LiveLab;
  readonly setup: LabSetup;
  /** It was set up now; else it came back from its folder. */
  readonly isNew: boolean;
  /** `HOST:PORT` of an external key server, or null. */
  readonly externalKms: string | null;
  readonly socket: string;
}

/**
 * Starts a lab that stays up: sets it up in a new folder, or boots it from its own as after a power cut of the site.
 * What cannot be set up leaves nothing.
 *
 * @throws LabError FOLDER_IN_USE, NOT_A_LAB, OTHER_LAB, FOLDER_OPEN_TO_OTHERS, LAB_DAMAGED, and as {@link World.boot};
 *   ScenarioError for a topology in the folder that is damaged; NetworkError for the socket; FileError
 */
export async function startLab(o: StartLabOptions): Promise<StartedLab> {
  const folder = await LabFolder.take(o);
  try {
    const isNew = folder.memory?.isSetUp !== true;
    const { topology, setup } = await (isNew ? beginning(folder, o) : known(folder, o));
    return await open(folder, o, { isNew, topology, setup });
  } catch (error) {
    await folder.release();
    throw error;
  }
}

interface Begun {
  readonly topology: Topology;
  readonly setup: LabSetup;
}

/** What a lab is to be that is not set up yet. */
async function beginning(
  folder: LabFolder,
  { topology: asked, wanted, drawSeed, files }: StartLabOptions,
): Promise<Begun> {
  const { topology: left, path } = folder.places;
  const topology =
    asked ?? ((await exists(files, left)) ? await loadTopology({ files, path: left, shownAs: left }) : null);
  if (topology === null) {
    await folder.undo();
    throw new LabError('NOT_A_LAB', `${path} has no lab yet. Name its topology: vcryptsim lab up FILE.yaml --dir DIR`);
  }
  const clock = topology.lab.kms.external === undefined ? (wanted.clock ?? 'virtual') : 'real';
  const seed = wanted.seed ?? topology.seed ?? drawSeed();
  const { wire = 'tls', engine = 'auto' } = wanted;
  return { topology, setup: { name: topology.name, seed, clock, wire, engine } };
}

/** What a lab is that was set up before. @throws LabError OTHER_LAB */
async function known(folder: LabFolder, { topology: asked, wanted, files }: StartLabOptions): Promise<Begun> {
  const { places, memory } = folder;
  const setup = memory?.setup as LabSetup;
  const topology = await loadTopology({ files, path: places.topology, shownAs: places.topology });
  if (asked !== null && !sameMachines(asked, topology)) {
    const next = 'Leave the file out to start that lab, or name a new folder.';
    throw new LabError('OTHER_LAB', `${places.path} has another lab, '${setup.name}'. ${next}`);
  }
  for (const [word, value] of Object.entries(wanted) as [keyof typeof wanted, unknown][]) {
    if (value === setup[word]) continue;
    const says = `The lab in ${places.path} was set up with ${word} ${setup[word]}, and keeps it. Leave --${word} out.`;
    throw new LabError('OTHER_LAB', says);
  }
  return { topology, setup };
}

async function open(
  folder: LabFolder,
  o: StartLabOptions,
  { isNew, topology, setup }: Begun & { readonly isNew: boolean },
): Promise<StartedLab> {
  const world = await (isNew ? setUp(folder, o, { topology, setup }) : boot(folder, o, { topology, setup }));
  try {
    await folder.memory?.rests(world.clock.nowMs);
    const { files, schema } = o;
    const own = { world, topology, seed: setup.seed, files, places: folder.places };
    const orders = await LabOrders.open({ ...own, ...(schema !== undefined && { schema }) });
    const execute = (order: Parameters<LabOrders['execute']>[0]) => orders.execute(order);
    const onFault = (error: unknown) => {
      o.onFault(error);
      // A lab in the background has nobody who reads what it says.
      void keepFault(o.files, folder.places.faults, error).catch(() => {});
    };
    const lab = await LiveLab.open({ ...o, world, folder, execute, words: () => orders.words(), onFault });
    return { lab, setup, isNew, externalKms: world.externalKms, socket: folder.places.socket };
  } catch (error) {
    await world.dispose();
    throw error;
  }
}

async function setUp(folder: LabFolder, o: StartLabOptions, { topology, setup }: Begun): Promise<World> {
  try {
    await checkImages({ files: o.files, lab: topology.lab, scenarioFolder: topology.folder });
    const machines = machinesOf(topology.lab);
    await (folder.memory === null ? folder.begin(setup, machines) : folder.beginAnew(setup, machines));
    const text = new TextEncoder().encode(topologyText(topology, setup.seed));
    await replaceFile(o.files, folder.places.topology, text);
    return await boot(folder, o, { topology, setup });
  } catch (error) {
    await folder.undo();
    throw error;
  }
}

function boot(folder: LabFolder, { files }: StartLabOptions, { topology, setup }: Begun): Promise<World> {
  const { lab, folder: scenarioFolder } = topology;
  const externalKms: ExternalKms | null = externalKmsOf(lab.kms.external, scenarioFolder, {});
  return World.boot({ ...setup, lab, scenarioFolder, externalKms, files }, folder);
}

/** Adds the stack of a mistake in vcryptsim to a file. @throws FileError */
async function keepFault(files: FileSystem, path: string, error: unknown): Promise<void> {
  const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const handle = await files.open(path, { access: 'write', create: 'if-missing' });
  try {
    await handle.pwrite(new TextEncoder().encode(`${told}\n`), await handle.sizeBytes());
  } finally {
    await handle.close();
  }
}
