import { exists, FileError, type FileSystem } from '@vcryptsim/ports';
import type { DatastoreInfo, DatastoreType } from '../api/datastore.js';
import { fileDamaged, fileInaccessible } from '../api/faults.js';
import { fileFault, noSpace, notWritable } from './file-fault.js';
import type { LockTimings } from './lock/lock-form.js';
import { NFS_TIMINGS, NfsLocks } from './lock/nfs-locks.js';
import { VMFS_TIMINGS, VmfsLocks } from './lock/vmfs-locks.js';
import { type LockingHost, VolumeLocks } from './lock/volume-locks.js';
import { type FolderFinder, VmFolder } from './vm-folder.js';

/** Where a host finds a datastore. */
export interface DatastoreMount {
  /** The name in `[datastore] folder/file`. */
  readonly name: string;
  /** Absolute path of the folder that is the datastore. */
  readonly folder: string;
  /** What it is called; the folder is a folder either way. Default: VMFS. */
  readonly type?: DatastoreType;
  /** When locks on it are shown to live, and broken; as VMware has them unless given. */
  readonly lockTimings?: LockTimings;
}

/** So many folders of VMs of one name, and a datastore takes no more. */
const SAME_NAME_MAX = 999;

/**
 * A folder of real files that holds one folder for each VM. The type decides how its files are locked; it makes no
 * difference to what is in them (row S11).
 */
export class Datastore {
  readonly name: string;
  readonly type: DatastoreType;
  readonly locks: VolumeLocks;
  readonly #folder: string;
  /** Folders of all the host's datastores, this one included; set by `Datastores`. */
  find: FolderFinder = (datastore, name) => (datastore === this.name ? this.folderNamed(name) : null);

  constructor(
    mount: DatastoreMount,
    readonly files: FileSystem,
    host: LockingHost,
  ) {
    this.name = mount.name;
    this.type = mount.type ?? 'VMFS';
    this.#folder = mount.folder;
    const { identity, clock } = host;
    const form =
      this.type === 'VMFS'
        ? new VmfsLocks(files, mount.folder, identity, clock, mount.lockTimings ?? VMFS_TIMINGS)
        : new NfsLocks(files, identity, clock, mount.lockTimings ?? NFS_TIMINGS);
    this.locks = new VolumeLocks(files, mount.folder, host, form);
  }

  /** The datastore as it is now. */
  async info(): Promise<DatastoreInfo> {
    const { name, type } = this;
    try {
      const { freeBytes } = await this.files.statfs(this.#folder);
      return { name, type, accessible: true, freeBytes };
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return { name, type, accessible: false, freeBytes: null };
    }
  }

  /**
   * The folder of a VM that is there.
   *
   * @throws HypervisorError FILE_DAMAGED when it is missing or a link; FILE_INACCESSIBLE when the datastore is not there
   */
  async vmFolder(name: string): Promise<VmFolder> {
    const folder = this.folderNamed(name);
    try {
      const { kind } = await this.files.lstat(folder.path);
      if (kind !== 'folder') throw fileDamaged(folder.shown(''), `it is a ${kind}, not a folder`);
    } catch (error) {
      if (error instanceof FileError && error.code === 'NOT_FOUND' && !(await this.#isThere())) {
        throw fileInaccessible(folder.shown(''), error);
      }
      throw fileFault(error, folder.shown(''), 'read');
    }
    return folder;
  }

  /**
   * Makes the folder of a new VM, if the medium has room for what will lie in it: `NAME`, or where that is taken
   * `NAME_1`, `NAME_2` and so on, because names of VMs repeat [ours O25].
   *
   * @param neededBytes what the VM's files will take
   * @throws HypervisorError ALREADY_EXISTS (so many of that name), NO_SPACE, DATASTORE_NOT_WRITABLE; nothing was made
   */
  async createVmFolder(name: string, neededBytes: number): Promise<VmFolder> {
    const shown = this.folderNamed(name).shown('');
    try {
      const { freeBytes } = await this.files.statfs(this.#folder);
      if (freeBytes < neededBytes) throw noSpace(shown, this.#folder);
      const folder = await this.#makeFolder(name);
      await this.files.fsyncFolder(this.#folder);
      return folder;
    } catch (error) {
      if (error instanceof FileError && error.code === 'NOT_FOUND') throw notWritable(shown, this.#folder);
      throw fileFault(error, shown, 'write');
    }
  }

  async #makeFolder(name: string): Promise<VmFolder> {
    for (let number = 0; ; number += 1) {
      const folder = this.folderNamed(number === 0 ? name : `${name}_${number}`);
      try {
        await this.files.mkdir(folder.path);
        return folder;
      } catch (error) {
        if (!(error instanceof FileError && error.code === 'EXISTS') || number === SAME_NAME_MAX) throw error;
      }
    }
  }

  async #isThere(): Promise<boolean> {
    try {
      return await exists(this.files, this.#folder);
    } catch (error) {
      throw fileFault(error, `[${this.name}]`, 'read');
    }
  }

  /** The folder of that name, whether it is there or not. */
  folderNamed(name: string): VmFolder {
    const find: FolderFinder = (datastore, other) => this.find(datastore, other);
    return new VmFolder(this.files, this.name, name, `${this.#folder}/${name}`, this.locks, find);
  }
}
