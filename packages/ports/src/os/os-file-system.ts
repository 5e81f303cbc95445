import type { FileHandle, FileStatus, FileSystem, OpenOptions } from '../file-system.js';

/** How {@link OsFileSystem} calls the system. */
export interface OsFileSystemOptions {
  /**
   * `sync` (default) makes each call at once behind a settled promise: nothing is ever in flight, so it fits a virtual
   * clock, and single calls are up to 24 times cheaper. `pool` uses libuv's threads, for servers in real time.
   */
  readonly mode?: 'sync' | 'pool';
}

/** The operating system's files. */
export class OsFileSystem implements FileSystem {
  constructor(_options: OsFileSystemOptions = {}) {}
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
