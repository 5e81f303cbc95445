import type { FileHandle, FileStatus, FileSystem, OpenOptions } from '@vcryptsim/ports';

/** Files that tell how many bytes were read of them: what a progress bar is fed with. Everything else passes through. */
export class CountingFileSystem implements FileSystem {
  readonly #files: FileSystem;
  readonly #onRead: (bytes: number) => void;

  constructor(files: FileSystem, onRead: (bytes: number) => void) {
    this.#files = files;
    this.#onRead = onRead;
  }

  async open(path: string, options: OpenOptions): Promise<FileHandle> {
    const handle = await this.#files.open(path, options);
    return {
      pread: async (buffer, offsetBytes) => {
        const count = await handle.pread(buffer, offsetBytes);
        this.#onRead(count);
        return count;
      },
      pwrite: (buffer, offsetBytes) => handle.pwrite(buffer, offsetBytes),
      truncate: (sizeBytes) => handle.truncate(sizeBytes),
      fsync: () => handle.fsync(),
      sizeBytes: () => handle.sizeBytes(),
      close: () => handle.close(),
    };
  }

  rename(from: string, to: string): Promise<void> {
    return this.#files.rename(from, to);
  }
  link(from: string, to: string): Promise<void> {
    return this.#files.link(from, to);
  }
  unlink(path: string): Promise<void> {
    return this.#files.unlink(path);
  }
  mkdir(path: string, mode?: number): Promise<void> {
    return this.#files.mkdir(path, mode);
  }
  rmdir(path: string): Promise<void> {
    return this.#files.rmdir(path);
  }
  readdir(path: string): Promise<string[]> {
    return this.#files.readdir(path);
  }
  lstat(path: string): Promise<FileStatus> {
    return this.#files.lstat(path);
  }
  statfs(path: string): Promise<{ readonly freeBytes: number }> {
    return this.#files.statfs(path);
  }
  fsyncFolder(path: string): Promise<void> {
    return this.#files.fsyncFolder(path);
  }
}
