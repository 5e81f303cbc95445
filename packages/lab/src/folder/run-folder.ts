import {
  exists,
  FileError,
  type FileSystem,
  type FolderLock,
  type FolderLocks,
  folderOf,
  makeFolders,
} from '@vcryptsim/ports';
import { LabError } from '../errors/lab-error.js';
import { type RunMark, removeRunFolder, writeRunMark } from './run-mark.js';

/**
 * What is where in the folder of one run: `kms/ vcenter/ hosts/NAME/ datastores/NAME/ backups/ copies/ exports/ events.jsonl wire.jsonl run.json`, and
 * beside them `lock/` while the run lasts and the mark by which the run knows the folder as its own.
 */
export interface RunPlaces {
  readonly path: string;
  readonly kms: string;
  readonly vcenter: string;
  readonly hosts: string;
  readonly datastores: string;
  /** Copies of vCenter's folder; made with the first. */
  readonly backups: string;
  /** Copies of files on the datastores, as they are there; made with the first. */
  readonly copies: string;
  /** Clear copies that a scenario asked for; outside the datastores, where nothing may be clear. */
  readonly exports: string;
  /** Written while it happens. */
  readonly events: string;
  /** KMIP exchanges on vCenter's wire, without key material; written while they happen. */
  readonly wire: string;
  readonly report: string;
  /** In place of the report: why the run ended before its last step. */
  readonly failure: string;
}

/** A run's folder that was made. */
export interface RunFolder extends RunPlaces {
  /** What alone can remove the folder. */
  readonly mark: RunMark;
  readonly lock: FolderLock | null;
}

/** Machines that get folders. */
export interface Machines {
  readonly hosts: readonly string[];
  readonly datastores: readonly string[];
}

/** How a run's folder is made. */
export interface RunFolderOptions {
  readonly files: FileSystem;
  /** Absolute; new, or an empty folder. */
  readonly path: string;
  readonly hosts: readonly string[];
  readonly datastores: readonly string[];
  /** The user named it, so that it is never removed as an old one. */
  readonly isKept: boolean;
  readonly madeAtMs: number;
  /** Random, in hex. */
  readonly token: string;
  /** Keeps others out while the run lasts. */
  readonly locks?: FolderLocks;
}

/**
 * Makes a run's folder with the folders in it. What was made is removed again when that fails.
 *
 * @throws LabError FOLDER_IN_USE when something is in it: a run never writes among files that it did not make
 * @throws FileError when it cannot be made
 */
export async function makeRunFolder(o: RunFolderOptions): Promise<RunFolder> {
  const { files, path } = o;
  const isMade = !(await exists(files, path));
  if (!isMade && (await files.readdir(path)).length > 0) throw inUse(path);
  await makeFolders(files, folderOf(path));
  if (isMade) await makeOnce(files, path);
  const mark = { path, token: o.token, madeAtMs: o.madeAtMs, isKept: o.isKept, isMade };
  // Exclusive: of two runs that find the same empty folder one gets it.
  await writeRunMark(files, mark);
  let lock: FolderLock | null = null;
  try {
    const taken = (await o.locks?.take(path, 'run').catch(unlockable)) ?? null;
    if (taken !== null && 'holder' in taken) throw inUse(path);
    lock = taken;
    const folder = { ...runFolderAt(path), mark, lock };
    await makePlaces(files, folder, o);
    return folder;
  } catch (error) {
    await lock?.release();
    await removeRunFolder(files, mark);
    throw error;
  }
}

/** Makes the folders of a world's machines. @throws FileError */
export async function makePlaces(files: FileSystem, places: RunPlaces, o: Machines): Promise<void> {
  const datastores = o.datastores.map((name) => `${places.datastores}/${name}`);
  const own = [places.kms, places.vcenter, ...datastores, places.exports];
  for (const place of [...own, ...o.hosts.map((name) => `${places.hosts}/${name}`)]) await makeFolders(files, place);
}

/** Names what is where in a run's folder. */
export function runFolderAt(path: string): RunPlaces {
  return {
    path,
    kms: `${path}/kms`,
    vcenter: `${path}/vcenter`,
    hosts: `${path}/hosts`,
    datastores: `${path}/datastores`,
    backups: `${path}/backups`,
    copies: `${path}/copies`,
    exports: `${path}/exports`,
    events: `${path}/events.jsonl`,
    wire: `${path}/wire.jsonl`,
    report: `${path}/run.json`,
    failure: `${path}/failure.json`,
  };
}

async function makeOnce(files: FileSystem, path: string): Promise<void> {
  try {
    await files.mkdir(path);
  } catch (error) {
    if (error instanceof FileError && error.code === 'EXISTS') throw inUse(path);
    throw error;
  }
}

/** A medium without sockets cannot hold the lock. The mark keeps other runs out; only `clean` cannot tell then. */
function unlockable(error: unknown): null {
  if (error instanceof FileError && error.operation === 'lock' && error.code === 'IO') return null;
  throw error;
}

function inUse(path: string): LabError {
  return new LabError('FOLDER_IN_USE', `${path} is not empty. Name a new folder, or remove what is in it.`);
}
