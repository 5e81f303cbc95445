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
import { type MemoryFolder, type MemoryNode, type MemoryTree, TreeFork } from './memory-tree.js';

/** How {@link MemoryFileSystem} is set up. */
export interface MemoryFileSystemOptions {
  /** Room of the medium in bytes; default 2^40. Writing past it fails with NO_SPACE. */
  readonly capacityBytes?: number;
}

const CAPACITY_BYTES = 2 ** 40;

/**
 * Files in memory, with the system's rules: names and content are apart, an open file outlives its name, holes take no
 * room, links in the sense of `ln` share one file. There are no symbolic links and no permissions. `/` exists.
 */
export class MemoryFileSystem implements FileSystem {
  readonly #root: MemoryFolder;
  readonly #medium: Medium;
  readonly #capacityBytes: number;

  /** @param tree what the files are, as {@link fork} makes it; empty unless given */
  constructor(options: MemoryFileSystemOptions = {}, tree?: MemoryTree) {
    this.#capacityBytes = options.capacityBytes ?? CAPACITY_BYTES;
    this.#root = tree?.root ?? new Map();
    this.#medium = tree?.medium ?? { freeBytes: this.#capacityBytes, lastFileId: 0n };
  }

  get capacityBytes(): number {
    return this.#capacityBytes;
  }

  /** Other files with the same content, which go their own way from now on. Until then they share the memory. */
  fork(): MemoryFileSystem {
    return new MemoryFileSystem({ capacityBytes: this.#capacityBytes }, this.forkTree(this.#capacityBytes));
  }

  /** What {@link fork} is made of, for models that look into it. */
  forkTree(capacityBytes: number): MemoryTree {
    const fork = new TreeFork();
    return fork.finish(fork.folderOf(this.#root), capacityBytes);
  }

  async open(path: string, options: OpenOptions): Promise<FileHandle> {
    const { folder, name } = this.#parent('open', path);
    let node = this.#lookUp('open', path);
    if (node && options.create === 'exclusive') throw new FileError('EXISTS', 'open', path);
    if (!node) {
      if ((options.create ?? 'never') === 'never') throw new FileError('NOT_FOUND', 'open', path);
      node = new MemoryFile(this.#medium);
      node.link();
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
    if (source.name === '' || name === '' || to.startsWith(`${from}/`)) throw new FileError('IO', 'rename', from);
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
    return { kind: 'file', sizeBytes: node.sizeBytes, allocatedBytes: node.allocatedBytes, fileId: node.id };
  }

  async statfs(path: string): Promise<{ readonly freeBytes: number }> {
    this.#want('statfs', path);
    return { freeBytes: this.#medium.freeBytes };
  }

  async fsyncFolder(path: string): Promise<void> {
    this.#wantFolder('fsync', path);
  }

  #want(operation: string, path: string): MemoryNode {
    const node = this.#lookUp(operation, path);
    if (!node) throw new FileError('NOT_FOUND', operation, path);
    return node;
  }

  #wantFolder(operation: string, path: string): MemoryFolder {
    const node = this.#want(operation, path);
    if (node instanceof MemoryFile) throw new FileError('NOT_A_FOLDER', operation, path);
    return node;
  }

  #parent(operation: string, path: string): { folder: MemoryFolder; name: string } {
    const name = path.slice(path.lastIndexOf('/') + 1);
    return { folder: this.#wantFolder(operation, folderOf(path)), name };
  }

  #lookUp(operation: string, path: string): MemoryNode | undefined {
    const fail = (code: FileErrorCode): never => {
      throw new FileError(code, operation, path);
    };
    let node: MemoryNode | undefined = this.#root;
    for (const name of path.split('/').filter((part) => part !== '')) {
      if (node === undefined) return fail('NOT_FOUND');
      if (node instanceof MemoryFile) return fail('NOT_A_FOLDER');
      node = node.get(name);
    }
    return node;
  }
}
