import { FileError, type FileSystem, readWhole } from '@vcryptsim/ports';
import { LabError } from '../errors/lab-error.js';

/*
 * `vcryptsim-run.json` in a run's folder says that a run made it, where, and under which token:
 *
 *   {"format":"vcryptsim run 1","path":"/tmp/vcryptsim-1a2b3c4d","token":"hex","madeAtMs":N,"isKept":false,"isMade":true}
 *
 * It counts only where it was made: in a copy of the folder, or in one that was moved, the path is another, and what is
 * there is the user's.
 */
const FORMAT = 'vcryptsim run 1';
const NAME = 'vcryptsim-run.json';
const MARK_BYTES_MAX = 16 * 1024;

/** What a run makes in its folder, besides the mark. Anything else there is somebody else's. */
const MADE = [
  ...['kms', 'vcenter', 'hosts', 'datastores', 'backups', 'copies', 'exports', 'lock'],
  ...['events.jsonl', 'wire.jsonl', 'run.json', 'failure.json'],
];

/** Who made a run's folder: what alone can remove it. */
export interface RunMark {
  readonly path: string;
  readonly token: string;
  readonly madeAtMs: number;
  /** The user named the folder, with `--keep`. */
  readonly isKept: boolean;
  /** The run made the folder itself; else it was there, empty, and stays. */
  readonly isMade: boolean;
}

/** @throws LabError FOLDER_IN_USE when another run was faster; FileError */
export async function writeRunMark(files: FileSystem, mark: RunMark): Promise<void> {
  const text = `${JSON.stringify({ format: FORMAT, ...mark })}\n`;
  try {
    const handle = await files.open(`${mark.path}/${NAME}`, { access: 'write', create: 'exclusive', mode: 0o644 });
    try {
      await handle.pwrite(new TextEncoder().encode(text), 0);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!(error instanceof FileError && error.code === 'EXISTS')) throw error;
    throw new LabError('FOLDER_IN_USE', `${mark.path} is in use by another run. Name a new folder.`);
  }
}

/** The mark of a folder that a run made at that place, or null. Never throws for what it finds there. */
export async function readRunMark(files: FileSystem, path: string): Promise<RunMark | null> {
  try {
    const bytes = await readWhole(files, `${path}/${NAME}`, MARK_BYTES_MAX);
    const { format, ...mark } = JSON.parse(new TextDecoder().decode(bytes)) as RunMark & { readonly format: unknown };
    const isSound =
      typeof mark.token === 'string' && typeof mark.madeAtMs === 'number' && typeof mark.isKept === 'boolean';
    return format === FORMAT && mark.path === path && isSound ? mark : null;
  } catch {
    return null;
  }
}

/**
 * Removes what a run made, and its folder if it made that too and nothing else is in it. Links are removed, not followed.
 *
 * @param mark what was made; without the same mark in the folder nothing is removed
 * @returns names in the folder that no run made; they stay, and so does the folder
 * @throws FileError; what is left can be removed by another try
 */
export async function removeRunFolder(files: FileSystem, mark: RunMark): Promise<readonly string[]> {
  const { path, token } = mark;
  if ((await readRunMark(files, path))?.token !== token) return files.readdir(path);
  const names = await files.readdir(path);
  for (const name of names.filter((each) => MADE.includes(each))) await removeTree(files, `${path}/${name}`);
  await files.unlink(`${path}/${NAME}`);
  const others = names.filter((each) => each !== NAME && !MADE.includes(each));
  if (mark.isMade && others.length === 0) await files.rmdir(path);
  return others;
}

/** Removes a file, or a folder with all in it; a link is removed, not followed. @throws FileError */
export async function removeTree(files: FileSystem, path: string): Promise<void> {
  if ((await files.lstat(path)).kind !== 'folder') return files.unlink(path);
  for (const name of await files.readdir(path)) await removeTree(files, `${path}/${name}`);
  await files.rmdir(path);
}
