import type { FileHandle, FileStatus, FileSystem, OpenOptions } from '@vcryptsim/ports';

/** How {@link MemoryFileSystem} is set up. */
export interface MemoryFileSystemOptions {
  /** Room of the medium in bytes; default 2^40. Writing past it fails with NO_SPACE. */
  readonly capacityBytes?: number;
}

/** Files in memory. */
export class MemoryFileSystem implements FileSystem {
  readonly options: MemoryFileSystemOptions;
  constructor(options: MemoryFileSystemOptions = {}) {
    this.options = options;
  }
  open(_path: string, _options: OpenOptions): Promise<FileHandle> {
    throw new Error('not yet');
  }
  rename(_from: string, _to: string): Promise<void> {
    throw new Error('not yet');
  }
  link(_from: string, _to: string): Promise<void> {
    throw new Error('not yet');
  }
  unlink(_path: string): Promise<void> {
    throw new Error('not yet');
  }
  mkdir(_path: string, _mode?: number): Promise<void> {
    throw new Error('not yet');
  }
  rmdir(_path: string): Promise<void> {
    throw new Error('not yet');
  }
  readdir(_path: string): Promise<string[]> {
    throw new Error('not yet');
  }
  lstat(_path: string): Promise<FileStatus> {
    throw new Error('not yet');
  }
  statfs(_path: string): Promise<{ readonly freeBytes: number }> {
    throw new Error('not yet');
  }
  fsyncFolder(_path: string): Promise<void> {
    throw new Error('not yet');
  }
}
