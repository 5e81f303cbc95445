import { exists, type FileSystem } from '@vcryptsim/ports';
import { LabError } from '../errors/lab-error.js';
import { copyFolder } from '../folder/copy-folder.js';
import type { RunPlaces } from '../folder/run-folder.js';
import { removeTree } from '../folder/run-mark.js';
import type { Site } from './site.js';

/** What backups of vCenter need. */
export interface VCenterBackupsOptions {
  readonly site: Site;
  readonly folder: Pick<RunPlaces, 'vcenter' | 'backups'>;
  /** Files as vCenter's machine reaches them. */
  readonly files: FileSystem;
}

/**
 * Copies of vCenter's folder, by name, in a place of their own: what its file-based backup is. A copy that is put back
 * knows nothing of what happened since. Where a lab has several vCenters, a backup is of all of them.
 */
export class VCenterBackups {
  readonly #o: VCenterBackupsOptions;

  constructor(o: VCenterBackupsOptions) {
    this.#o = o;
  }

  /** Takes a copy now, running or not; an earlier one of this name is replaced. @throws FileError */
  async take(name: string): Promise<void> {
    const { files, folder } = this.#o;
    const path = this.#pathOf(name);
    if (await exists(files, path)) await removeTree(files, path);
    await copyFolder(files, folder.vcenter, path);
  }

  /** Stops vCenter, puts a copy in place of its folder, and boots it. @throws LabError NO_BACKUP; FileError */
  async restore(name: string): Promise<void> {
    const { files, folder, site } = this.#o;
    const path = this.#pathOf(name);
    if (!(await exists(files, path))) throw await this.#unknown(name);
    const vcenters = [...site.vcenters.keys()];
    for (const vcenter of vcenters) await site.stopVCenter(vcenter);
    for (const entry of await files.readdir(folder.vcenter)) await removeTree(files, `${folder.vcenter}/${entry}`);
    await copyFolder(files, path, folder.vcenter);
    for (const vcenter of vcenters) await site.startVCenter(vcenter);
  }

  async #unknown(name: string): Promise<LabError> {
    const { files, folder } = this.#o;
    const names = (await exists(files, folder.backups)) ? await files.readdir(folder.backups) : [];
    const there = names.length === 0 ? 'Take one first: vcenter.backup: NAME' : `There are: ${names.join(', ')}.`;
    return new LabError('NO_BACKUP', `There is no backup '${name}' of vCenter. ${there}`);
  }

  #pathOf(name: string): string {
    return `${this.#o.folder.backups}/${name}`;
  }
}
