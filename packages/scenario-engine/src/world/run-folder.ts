import { exists, type FileSystem, makeFolders } from '@vcryptsim/ports';
import { RunError } from '../run/run-error.js';

/** The folder of one run: `kms/ vcenter/ hosts/NAME/ datastores/NAME/ exports/ events.jsonl run.json`. */
export interface RunFolder {
  readonly path: string;
  readonly kms: string;
  readonly vcenter: string;
  readonly hosts: string;
  readonly datastores: string;
  /** Clear copies that a scenario asked for; outside the datastores, where nothing may be clear. */
  readonly exports: string;
  readonly events: string;
  readonly report: string;
}

/** Names what stands where in a run's folder. */
export function runFolderAt(path: string): RunFolder {
  return {
    path,
    kms: `${path}/kms`,
    vcenter: `${path}/vcenter`,
    hosts: `${path}/hosts`,
    datastores: `${path}/datastores`,
    exports: `${path}/exports`,
    events: `${path}/events.jsonl`,
    report: `${path}/run.json`,
  };
}

/**
 * Makes a run's folder with the folders in it.
 *
 * @param path absolute; new, or an empty folder
 * @throws RunError FOLDER_IN_USE when something is in it: a run never writes among files that it did not make
 * @throws FileError when it cannot be made
 */
export async function makeRunFolder(
  files: FileSystem,
  path: string,
  hosts: readonly string[],
  datastore: string,
): Promise<RunFolder> {
  const folder = runFolderAt(path);
  if ((await exists(files, path)) && (await files.readdir(path)).length > 0) {
    throw new RunError('FOLDER_IN_USE', `${path} is not empty. Name a new folder, or remove what is in it.`);
  }
  const places = [folder.kms, folder.vcenter, `${folder.datastores}/${datastore}`, folder.exports];
  for (const place of [...places, ...hosts.map((name) => `${folder.hosts}/${name}`)]) await makeFolders(files, place);
  return folder;
}

/** Takes away what {@link makeRunFolder} and the run made, the folder itself included. */
export async function removeRunFolder(files: FileSystem, path: string): Promise<void> {
  if (!(await exists(files, path))) return;
  for (const name of await files.readdir(path)) {
    const inside = `${path}/${name}`;
    if ((await files.lstat(inside)).kind === 'folder') await removeRunFolder(files, inside);
    else await files.unlink(inside);
  }
  await files.rmdir(path);
}
