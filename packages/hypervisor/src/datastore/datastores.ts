import { invalidArgument } from '../api/faults.js';
import type { Datastore } from './datastore.js';
import type { DatastorePath } from './datastore-path.js';
import type { FolderFinder, VmFolder } from './vm-folder.js';

/** The datastores that a host has mounted, at least one; the first takes new VMs that name none. */
export class Datastores {
  readonly all: readonly Datastore[];

  constructor(all: readonly Datastore[]) {
    this.all = all;
    const find: FolderFinder = (datastore, name) =>
      all.find((one) => one.name === datastore)?.folderNamed(name) ?? null;
    for (const datastore of all) datastore.find = find;
  }

  /** The datastore of that name, or the first one; INVALID_ARGUMENT when there is none. */
  named(name?: string): Datastore {
    const found = this.all.find((datastore) => name === undefined || datastore.name === name);
    if (found !== undefined) return found;
    const known = this.all.map((datastore) => datastore.name).join(', ');
    throw invalidArgument('datastore', `The host has no datastore ${name ?? ''}; it has ${known}.`);
  }

  /** The folder that a path names; INVALID_ARGUMENT when the host has no such datastore, else as `Datastore.vmFolder`. */
  async folderAt(path: DatastorePath): Promise<VmFolder> {
    return this.named(path.datastore).vmFolder(path.folder);
  }
}
