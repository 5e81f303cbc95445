import type { FileHandle, FileStatus, FileSystem, OpenOptions } from '@vcryptsim/ports';

/** Passes every call on to another file system: what decorators extend, so that each says only what it changes. */
export class ForwardingFileSystem implements FileSystem {
  protected readonly inner: FileSystem;

  constructor(inner: FileSystem) {
    this.inner = inner;
  }

  open(path: string, options: OpenOptions): Promise<FileHandle> {
    return this.inner.open(path, options);
  }

  rename(from: string, to: string): Promise<void> {
    return this.inner.rename(from, to);
  }

  link(from: string, to: string): Promise<void> {
    return this.inner.link(from, to);
  }

  unlink(path: string): Promise<void> {
    return this.inner.unlink(path);
  }

  mkdir(path: string, mode?: number): Promise<void> {
    return this.inner.mkdir(path, mode);
  }

  rmdir(path: string): Promise<void> {
    return this.inner.rmdir(path);
  }

  readdir(path: string): Promise<string[]> {
    return this.inner.readdir(path);
  }

  lstat(path: string): Promise<FileStatus> {
    return this.inner.lstat(path);
  }

  statfs(path: string): Promise<{ readonly freeBytes: number }> {
    return this.inner.statfs(path);
  }

  fsyncFolder(path: string): Promise<void> {
    return this.inner.fsyncFolder(path);
  }
}
