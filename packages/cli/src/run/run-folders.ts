import { tmpdir } from 'node:os';
import { type RunMark, readRunMark, removeRunFolder } from '@vcryptsim/lab';
import { FileError, type FileSystem } from '@vcryptsim/ports';
import { isOurs, OsFolderLocks, type SystemEntropy } from '@vcryptsim/ports/os';

const NAME = /^vcryptsim-[0-9a-f]{8}$/;

/** A folder in the temporary folder that a run of this user made. */
export interface OldRun {
  readonly mark: RunMark;
  /** Bytes that its files take on the disk. */
  readonly sizeBytes: number;
}

/** What came of the removal of one. */
export type Removal =
  | { readonly outcome: 'removed' }
  /** The run is not over. */
  | { readonly outcome: 'running' }
  /** These names in it no run made; they stay, and the folder with them. */
  | { readonly outcome: 'others inside'; readonly names: readonly string[] };

/** A new place for the files of a run, in the temporary folder. */
export function newRunFolder(entropy: SystemEntropy): string {
  const name = [...entropy.public(4, 'folder name')].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${tmpdir()}/vcryptsim-${name}`;
}

/** Finds the folders that runs of this user left in the temporary folder, oldest first. @throws FileError */
export async function findOldRuns(files: FileSystem): Promise<OldRun[]> {
  const runs: OldRun[] = [];
  for (const name of (await files.readdir(tmpdir())).filter((each) => NAME.test(each))) {
    const path = `${tmpdir()}/${name}`;
    // Others may write there too, so the mark alone says nothing.
    if (!isOurs(path) || (await kindOf(files, path)) !== 'folder') continue;
    const mark = await readRunMark(files, path);
    if (mark !== null && !mark.isKept) runs.push({ mark, sizeBytes: await sizeOf(files, path) });
  }
  return runs.sort((a, b) => a.mark.madeAtMs - b.mark.madeAtMs);
}

/** Removes what a run made, unless it still goes on. @throws FileError */
export async function removeOldRun(files: FileSystem, mark: RunMark): Promise<Removal> {
  const lock = await new OsFolderLocks().take(mark.path, 'clean');
  if ('holder' in lock) return { outcome: 'running' };
  await lock.release();
  const names = await removeRunFolder(files, mark);
  return names.length === 0 ? { outcome: 'removed' } : { outcome: 'others inside', names };
}

async function kindOf(files: FileSystem, path: string): Promise<string | null> {
  try {
    return (await files.lstat(path)).kind;
  } catch (error) {
    if (error instanceof FileError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}

/** What cannot be read or is gone by now counts as nothing. */
async function sizeOf(files: FileSystem, path: string): Promise<number> {
  try {
    const status = await files.lstat(path);
    if (status.kind !== 'folder') return status.allocatedBytes;
    let sizeBytes = status.allocatedBytes;
    for (const name of await files.readdir(path)) sizeBytes += await sizeOf(files, `${path}/${name}`);
    return sizeBytes;
  } catch (error) {
    if (error instanceof FileError) return 0;
    throw error;
  }
}
