import {
  type FileHandle,
  type FileSystem,
  folderOf,
  readWhole,
  replaceFile,
  replaceFileUnsynced,
} from '@vcryptsim/ports';
import { fileDamaged } from '../api/faults.js';
import { isFileName } from '../formats/file-name.js';
import { decodeText, TEXT_FILE_LIMIT_BYTES } from '../formats/text-lines.js';
import { formatDatastorePath } from './datastore-path.js';
import { fileFault } from './file-fault.js';
import type { VolumeLocks } from './lock/volume-locks.js';

/** Finds a folder of a host's datastores; null where the host has no such datastore. Whether the folder is there shows when it is used. */
export type FolderFinder = (datastore: string, name: string) => VmFolder | null;

/**
 * The folder of one VM on a datastore. Every name is checked here: no path leaves the folder, and nothing but regular
 * files is opened (links, pipes and devices are refused before that). What is locked is written only while the lock is
 * held. All errors are HypervisorError.
 */
export class VmFolder {
  readonly #find: FolderFinder;

  constructor(
    readonly files: FileSystem,
    readonly datastore: string,
    readonly name: string,
    /** Absolute. */
    readonly path: string,
    /** The locks of its datastore; null where nobody else has it. */
    readonly locks: VolumeLocks | null = null,
    /** Other folders of the host's datastores; left out, there are none. */
    find: FolderFinder = () => null,
  ) {
    this.#find = find;
  }

  /** Another folder, by the name of its datastore and its own; null where the host has no such datastore. */
  elsewhere(datastore: string, name: string): VmFolder | null {
    if (datastore === this.datastore && name === this.name) return this;
    return this.#find(datastore, name);
  }

  /** `[datastore] folder/file` */
  shown(fileName: string): string {
    return formatDatastorePath({ datastore: this.datastore, folder: this.name, fileName });
  }

  /** Reads a text file (VMX, descriptor). */
  async readText(fileName: string): Promise<string> {
    return decodeText(await this.readBytes(fileName, TEXT_FILE_LIMIT_BYTES), this.shown(fileName));
  }

  /** Reads a whole file of at most `limitBytes`. */
  async readBytes(fileName: string, limitBytes: number): Promise<Uint8Array> {
    return this.#call(fileName, 'read', async (path) => {
      await this.#checkRegular(fileName, path);
      return readWhole(this.files, path, limitBytes);
    });
  }

  /** Makes a file that was not there, with its content durable; the folder's entry is not yet. */
  async writeNew(fileName: string, content: Uint8Array): Promise<void> {
    const handle = await this.createFile(fileName);
    try {
      await handle.pwrite(content, 0);
      await handle.fsync();
    } finally {
      await handle.close();
    }
  }

  /** Puts a file there whole, or leaves what was there. */
  async replace(fileName: string, content: Uint8Array): Promise<void> {
    await this.#call(fileName, 'write', (path) => replaceFile(this.files, path, content));
  }

  /** The same for one of several: durable after {@link fsync}, and until then a cut leaves the one or the other. */
  async replaceUnsynced(fileName: string, content: Uint8Array): Promise<void> {
    await this.#call(fileName, 'write', (path) => replaceFileUnsynced(this.files, path, content));
  }

  /** Opens a new file for writing; ALREADY_EXISTS when there is one. */
  async createFile(fileName: string): Promise<FileHandle> {
    const handle = await this.#call(fileName, 'write', (path) =>
      this.files.open(path, { access: 'write', create: 'exclusive' }),
    );
    return this.#guarded(handle, fileName, 'write');
  }

  /** Opens a regular file that is there. */
  async openFile(fileName: string, access: 'read' | 'write'): Promise<FileHandle> {
    const handle = await this.#call(fileName, access, async (path) => {
      await this.#checkRegular(fileName, path);
      return this.files.open(path, { access });
    });
    return this.#guarded(handle, fileName, access);
  }

  async has(fileName: string): Promise<boolean> {
    return (await this.names()).includes(fileName);
  }

  /** What lies in it. */
  async names(): Promise<readonly string[]> {
    return this.#call('', 'read', () => this.files.readdir(this.path));
  }

  /** Room left on its medium. */
  async freeBytes(): Promise<number> {
    return (await this.#call('', 'read', () => this.files.statfs(this.path))).freeBytes;
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#call(to, 'write', (path) => this.files.rename(this.#path(from), path));
  }

  /** A second name for a file; ALREADY_EXISTS when the name is taken. */
  async link(from: string, to: string): Promise<void> {
    await this.#call(to, 'write', (path) => this.files.link(this.#path(from), path));
  }

  async remove(fileName: string): Promise<void> {
    await this.#call(fileName, 'write', (path) => this.files.unlink(path));
  }

  /** Makes the folder's entries durable. */
  async fsync(): Promise<void> {
    await this.#call('', 'write', () => this.files.fsyncFolder(this.path));
  }

  /** Takes the folder and all files in it away: for a VM whose creation failed. */
  async removeAll(): Promise<void> {
    const names = await this.names();
    await this.#call('', 'write', async () => {
      for (const fileName of names) await this.files.unlink(`${this.path}/${fileName}`);
      await this.files.rmdir(this.path);
      await this.files.fsyncFolder(folderOf(this.path));
    });
  }

  /** A handle whose every call refuses as the folder's own do. */
  #guarded(handle: FileHandle, fileName: string, access: 'read' | 'write'): FileHandle {
    // What was opened to be written is the running VM's: once the lock is lost, nothing of it is read either.
    const call = <T>(intent: 'read' | 'write', work: () => Promise<T>): Promise<T> =>
      this.#call(fileName, intent, work, access);
    return {
      pread: (buffer, offsetBytes) => call('read', () => handle.pread(buffer, offsetBytes)),
      pwrite: (buffer, offsetBytes) => call('write', () => handle.pwrite(buffer, offsetBytes)),
      truncate: (sizeBytes) => call('write', () => handle.truncate(sizeBytes)),
      fsync: () => call('write', () => handle.fsync()),
      sizeBytes: () => call('read', () => handle.sizeBytes()),
      close: () => this.#call(fileName, 'write', () => handle.close(), 'read'),
    };
  }

  async #checkRegular(fileName: string, path: string): Promise<void> {
    const { kind } = await this.files.lstat(path);
    if (kind !== 'file')
      throw fileDamaged(this.shown(fileName), `it is a ${kind === 'other' ? 'device' : kind}, not a file`);
  }

  #path(fileName: string): string {
    return fileName === '' ? this.path : `${this.path}/${fileName}`;
  }

  async #call<T>(
    fileName: string,
    intent: 'read' | 'write',
    work: (path: string) => Promise<T>,
    lockNeeded = intent,
  ): Promise<T> {
    if (fileName !== '' && !isFileName(fileName)) throw fileDamaged(this.shown(''), 'a file name leaves the folder');
    if (lockNeeded === 'write' && this.locks?.isInDoubt(this.name)) await this.locks.confirm(this.name);
    try {
      return await work(this.#path(fileName));
    } catch (error) {
      throw fileFault(error, this.shown(fileName), intent);
    }
  }
}
