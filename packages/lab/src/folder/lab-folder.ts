import {
  exists,
  FileError,
  type FileSystem,
  type FolderLock,
  type FolderLocks,
  type LockHolder,
} from '@vcryptsim/ports';
import { LabError } from '../errors/lab-error.js';
import { LabMemory, type LabSetup } from './lab-memory.js';
import { type Machines, makePlaces, type RunPlaces, runFolderAt } from './run-folder.js';
import { removeTree } from './run-mark.js';

/*
 * A lab's folder has what a run's has (run-folder.ts), and beside it:
 *
 *   lab.json       what the lab must remember (lab-memory.ts)
 *   lab.yaml       its topology
 *   orders.jsonl   every order, before it is done and after
 *   replay.yaml    a scenario that does the same again
 *   history        lines that were typed at the prompt
 *   faults.log     mistakes in vcryptsim that cost an answer, if there were any
 *   control.sock   where a lab that is up takes orders
 *   lock/          while a process has it
 *
 * Only its owner may enter it (mode 0700).
 */
const MACHINES = [
  ...['kms', 'vcenter', 'hosts', 'datastores', 'backups', 'copies', 'exports'],
  ...['events.jsonl', 'wire.jsonl'],
];
const OWN = [
  ...['lab.json', 'lab.json.new', 'lab.yaml', 'lab.yaml.new', 'orders.jsonl', 'replay.yaml', 'replay.yaml.new'],
  ...['history', 'history.new', 'faults.log', 'control.sock', 'lock'],
];
const OTHERS_ANY = 0o077;

/** Files of a lab beside those of its machines. */
export interface LabPlaces extends RunPlaces {
  readonly memory: string;
  readonly topology: string;
  readonly orders: string;
  readonly replay: string;
  readonly faults: string;
  readonly history: string;
  readonly socket: string;
}

/** Names what is where in a lab's folder. */
export function labFolderAt(path: string): LabPlaces {
  return {
    ...runFolderAt(path),
    memory: `${path}/lab.json`,
    topology: `${path}/lab.yaml`,
    orders: `${path}/orders.jsonl`,
    replay: `${path}/replay.yaml`,
    faults: `${path}/faults.log`,
    history: `${path}/history`,
    socket: `${path}/control.sock`,
  };
}

/** A lab's folder that this process has, and no other. */
export class LabFolder {
  readonly places: LabPlaces;
  readonly #files: FileSystem;
  readonly #lock: FolderLock;
  readonly #isMade: boolean;
  #memory: LabMemory | null;

  private constructor(o: {
    readonly files: FileSystem;
    readonly path: string;
    readonly lock: FolderLock;
    readonly isMade: boolean;
    readonly memory: LabMemory | null;
  }) {
    this.places = labFolderAt(o.path);
    this.#files = o.files;
    this.#lock = o.lock;
    this.#isMade = o.isMade;
    this.#memory = o.memory;
  }

  /**
   * Takes a folder for a lab: a new or empty one, or one with a lab in it that no process has now.
   *
   * @param o.path absolute
   * @throws LabError FOLDER_IN_USE, NOT_A_LAB, FOLDER_OPEN_TO_OTHERS, LAB_DAMAGED; FileError. Nothing is changed then.
   */
  static async take(o: {
    readonly files: FileSystem;
    readonly locks: FolderLocks;
    readonly path: string;
  }): Promise<LabFolder> {
    const { files, locks, path } = o;
    const isMade = !(await exists(files, path));
    if (!isMade) await refuseForeign(files, path);
    const lock = await takeLock(locks, path);
    try {
      // Somebody may have been at it between the two looks.
      await refuseForeign(files, path);
      return new LabFolder({
        files,
        path,
        lock,
        isMade,
        memory: await LabMemory.read(files, labFolderAt(path).memory),
      });
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** What the lab remembers; null in a folder without a lab. */
  get memory(): LabMemory | null {
    return this.#memory;
  }

  /** Begins a lab here: what it must remember, and folders for its machines. @throws FileError */
  async begin(setup: LabSetup, machines: Machines): Promise<LabMemory> {
    const { places } = this;
    this.#memory = await LabMemory.make(this.#files, places.memory, setup);
    await makePlaces(this.#files, places, machines);
    return this.#memory;
  }

  /** Throws away what a set-up left that a cut ended, when no order was taken yet, and begins again. @throws FileError */
  async beginAnew(setup: LabSetup, machines: Machines): Promise<LabMemory> {
    for (const name of [...MACHINES, 'orders.jsonl', 'replay.yaml']) await this.#remove(name);
    return this.begin(setup, machines);
  }

  /** Takes away a lab that could not be set up, and the folder if it was made for it. @throws FileError */
  async undo(): Promise<void> {
    for (const name of [...MACHINES, ...OWN.filter((each) => each !== 'lock')]) await this.#remove(name);
    await this.release();
    if (!this.#isMade) return;
    await this.#remove('lock');
    await this.#files.rmdir(this.places.path);
  }

  /** Gives the folder free. A second call does nothing. */
  release(): Promise<void> {
    return this.#lock.release();
  }

  async #remove(name: string): Promise<void> {
    const path = `${this.places.path}/${name}`;
    if (await exists(this.#files, path)) await removeTree(this.#files, path);
  }
}

/** @throws LabError FOLDER_IN_USE; FileError */
async function takeLock(locks: FolderLocks, path: string): Promise<FolderLock> {
  const taken = await locks.take(path, 'lab');
  if ('release' in taken) return taken;
  throw new LabError(
    'FOLDER_IN_USE',
    `${holderOf(taken.holder)} has ${path}. End that lab first: vcryptsim lab down --dir DIR`,
  );
}

function holderOf({ pid }: LockHolder): string {
  return pid === null ? 'Another process' : `Process ${pid}`;
}

/** @throws LabError NOT_A_LAB, FOLDER_OPEN_TO_OTHERS; FileError NOT_A_FOLDER */
async function refuseForeign(files: FileSystem, path: string): Promise<void> {
  const { kind, mode = 0, isAnothers = false } = await files.lstat(path);
  if (kind !== 'folder') throw new FileError('NOT_A_FOLDER', 'open', path);
  const names = await files.readdir(path);
  const others = names.filter((name) => name !== 'lock');
  if (!names.includes('lab.json') && others.length > 0) {
    throw new LabError('NOT_A_LAB', `${path} is not empty and has no lab. Name a new folder, or the folder of a lab.`);
  }
  if (isAnothers)
    throw new LabError('FOLDER_OPEN_TO_OTHERS', `${path} belongs to another user. Name a folder of your own.`);
  if ((mode & OTHERS_ANY) !== 0) {
    const next = `Keep them out first: chmod 700 ${path}`;
    throw new LabError(
      'FOLDER_OPEN_TO_OTHERS',
      `Others than you may enter ${path}, where keys of the lab are. ${next}`,
    );
  }
}
