import { FileError, type FileHandle, type FileStatus, type FileSystem, type OpenOptions } from '@vcryptsim/ports';

/** What is mounted where: absolute folders, each with the file system that has what is at and under it. */
export type Mounts = ReadonlyMap<string, FileSystem>;

/**
 * Several media in one tree of paths. What is under no mount is on the base. A file cannot be renamed or linked from one
 * medium to another (IO, as the system's EXDEV).
 */
export class MountedFileSystem implements FileSystem {
  readonly #base: FileSystem;
  /** The longest first, so that a mount inside another wins. */
  readonly #mounts: readonly (readonly [folder: string, files: FileSystem])[];

  constructor(base: FileSystem, mounts: Mounts) {
    this.#base = base;
    this.#mounts = [...mounts].sort(([a], [b]) => b.length - a.length);
  }

  open(path: string, options: OpenOptions): Promise<FileHandle> {
    return this.#at(path).open(path, options);
  }

  rename(from: string, to: string): Promise<void> {
    return this.#onOne('rename', from, to);
  }

  link(from: string, to: string): Promise<void> {
    return this.#onOne('link', from, to);
  }

  unlink(path: string): Promise<void> {
    return this.#at(path).unlink(path);
  }

  mkdir(path: string, mode?: number): Promise<void> {
    return this.#at(path).mkdir(path, mode);
  }

  rmdir(path: string): Promise<void> {
    return this.#at(path).rmdir(path);
  }

  readdir(path: string): Promise<string[]> {
    return this.#at(path).readdir(path);
  }

  lstat(path: string): Promise<FileStatus> {
    return this.#at(path).lstat(path);
  }

  statfs(path: string): Promise<{ readonly freeBytes: number }> {
    return this.#at(path).statfs(path);
  }

  fsyncFolder(path: string): Promise<void> {
    return this.#at(path).fsyncFolder(path);
  }

  async #onOne(call: 'rename' | 'link', from: string, to: string): Promise<void> {
    const files = this.#at(from);
    if (files !== this.#at(to)) throw new FileError('IO', call, from, 'EXDEV');
    await files[call](from, to);
  }

  #at(path: string): FileSystem {
    const isUnder = (folder: string) => path === folder || path.startsWith(`${folder}/`);
    return this.#mounts.find(([folder]) => isUnder(folder))?.[1] ?? this.#base;
  }
}
