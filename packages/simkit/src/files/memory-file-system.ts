import {
  FileError,
  type FileErrorCode,
  type FileHandle,
  type FileStatus,
  type FileSystem,
  folderOf,
  type OpenOptions,
} from '@vcryptsim/ports';
import { type Medium, MemoryFile, MemoryFileHandle } from './memory-file.js';

/** How {@link MemoryFileSystem} is set up. */
export interface MemoryFileSystemOptions {
  /** Room of the medium in bytes; default 2^40. Writing past it fails with NO_SPACE. */
  readonly capacityBytes?: number;
}

type Folder = Map<string, Node>;
type Node = Folder | MemoryFile;

/**
 * Files in memory, with the system's rules: names and content are apart, an open file outlives its name, holes take no
 * room, links in the sense of `ln` share one file. There are no symbolic links and no permissions. `/` exists.
 */
export class MemoryFileSystem implements FileSystem {
  readonly #root: Folder = new Map();
  readonly #medium: Medium;

  constructor(options: MemoryFileSystemOptions = {}) {
    this.#medium = { freeBytes: options.capacityBytes ?? 2 ** 40 };
  }

  async open(path: string, options: OpenOptions): Promise<FileHandle> {
    const { folder, name } = this.#parent('open', path);
    let node = this.#lookUp('open', path);
    if (node && options.create === 'exclusive') throw new FileError('EXISTS', 'open', path);
    if (!node) {
      if ((options.create ?? 'never') === 'never') throw new FileError('NOT_FOUND', 'open', path);
      node = new MemoryFile(this.#medium);
      folder.set(name, node);
    }
    if (node instanceof Map) throw new FileError('IS_FOLDER', 'open', path);
    return new MemoryFileHandle(node, path, options.access === 'write');
  }

  async rename(from: string, to: string): Promise<void> {
    // Linux's order: both parents, then the source, then what lies inside what.
    const source = this.#parent('rename', from);
    const { folder, name } = this.#parent('rename', to);
    const node = this.#want('rename', from);
    const target = folder.get(name);
    if (to.startsWith(`${from}/`)) throw new FileError('IO', 'rename', from);
    if (from.startsWith(`${to}/`)) throw new FileError('NOT_EMPTY', 'rename', from);
    if (node === target) return;
    if (node instanceof Map) {
      if (target instanceof MemoryFile) throw new FileError('NOT_A_FOLDER', 'rename', from);
      if (target && target.size > 0) throw new FileError('NOT_EMPTY', 'rename', from);
    } else if (target instanceof Map) {
      throw new FileError('IS_FOLDER', 'rename', from);
    }
    if (target instanceof MemoryFile) target.unlink();
    source.folder.delete(source.name);
    folder.set(name, node);
  }

  async link(from: string, to: string): Promise<void> {
    const file = this.#want('link', from);
    const { folder, name } = this.#parent('link', to);
    if (folder.has(name)) throw new FileError('EXISTS', 'link', from);
    if (file instanceof Map) throw new FileError('NOT_PERMITTED', 'link', from);
    file.link();
    folder.set(name, file);
  }

  async unlink(path: string): Promise<void> {
    const file = this.#want('unlink', path);
    if (file instanceof Map) throw new FileError('IS_FOLDER', 'unlink', path);
    file.unlink();
    const { folder, name } = this.#parent('unlink', path);
    folder.delete(name);
  }

  async mkdir(path: string, _mode?: number): Promise<void> {
    if (this.#lookUp('mkdir', path)) throw new FileError('EXISTS', 'mkdir', path);
    const { folder, name } = this.#parent('mkdir', path);
    folder.set(name, new Map());
  }

  async rmdir(path: string): Promise<void> {
    if (this.#wantFolder('rmdir', path).size > 0) throw new FileError('NOT_EMPTY', 'rmdir', path);
    const { folder, name } = this.#parent('rmdir', path);
    folder.delete(name);
  }

  async readdir(path: string): Promise<string[]> {
    return [...this.#wantFolder('readdir', path).keys()].sort();
  }

  async lstat(path: string): Promise<FileStatus> {
    const node = this.#want('lstat', path);
    if (node instanceof Map) return { kind: 'folder', sizeBytes: 0, allocatedBytes: 0 };
    return { kind: 'file', sizeBytes: node.sizeBytes, allocatedBytes: node.allocatedBytes };
  }

  async statfs(path: string): Promise<{ readonly freeBytes: number }> {
    this.#want('statfs', path);
    return { freeBytes: this.#medium.freeBytes };
  }

  async fsyncFolder(path: string): Promise<void> {
    this.#wantFolder('fsync', path);
  }

  #want(operation: string, path: string): Node {
    const node = this.#lookUp(operation, path);
    if (!node) throw new FileError('NOT_FOUND', operation, path);
    return node;
  }

  #wantFolder(operation: string, path: string): Folder {
    const node = this.#want(operation, path);
    if (node instanceof MemoryFile) throw new FileError('NOT_A_FOLDER', operation, path);
    return node;
  }

  #parent(operation: string, path: string): { folder: Folder; name: string } {
    const name = path.slice(path.lastIndexOf('/') + 1);
    return { folder: this.#wantFolder(operation, folderOf(path)), name };
  }

  #lookUp(operation: string, path: string): Node | undefined {
    const fail = (code: FileErrorCode): never => {
      throw new FileError(code, operation, path);
    };
    let node: Node | undefined = this.#root;
    for (const name of path.split('/').filter((part) => part !== '')) {
      if (node === undefined) return fail('NOT_FOUND');
      if (node instanceof MemoryFile) return fail('NOT_A_FOLDER');
      node = node.get(name);
    }
    return node;
  }
}
