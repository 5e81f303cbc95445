import { FileError, type FileErrorCode, type FileHandle, type FileSystem, type OpenOptions } from '@vcryptsim/ports';

/**
 * Files of which one call fails, whichever it is: of the system or of a handle, closing included. Counts the calls and
 * the bytes.
 */
export class FailingFiles implements FileSystem {
  calls = 0;
  /** Number of the call that fails, from 1; 0 for none. */
  failAt = 0;
  /** That call and all after it. */
  forGood = false;
  code: FileErrorCode = 'IO';
  bytesRead = 0;
  bytesWritten = 0;
  /** Makes calls fail by what they are. */
  failsWhen: (operation: string, path: string) => boolean = () => false;
  /** Holds calls back before they reach the medium. */
  waits: (operation: string, path: string) => Promise<void> | null = () => null;

  constructor(readonly inner: FileSystem) {}

  /** Counts from here; the `at`-th call fails. */
  arm(at: number, code: FileErrorCode, forGood = false): void {
    Object.assign(this, { calls: 0, bytesRead: 0, bytesWritten: 0, failAt: at, code, forGood });
  }

  disarm(): void {
    this.failAt = 0;
    this.failsWhen = () => false;
  }

  async open(path: string, options: OpenOptions): Promise<FileHandle> {
    const handle = await this.#call('open', path, () => this.inner.open(path, options));
    const call = <T>(name: string, work: () => Promise<T>): Promise<T> => this.#call(name, path, work);
    return {
      pread: async (buffer, at) => {
        const count = await call('read', () => handle.pread(buffer, at));
        this.bytesRead += count;
        return count;
      },
      pwrite: async (buffer, at) => {
        await call('write', () => handle.pwrite(buffer, at));
        this.bytesWritten += buffer.length;
      },
      truncate: (size) => call('truncate', () => handle.truncate(size)),
      fsync: () => call('fsync', () => handle.fsync()),
      sizeBytes: () => call('stat', () => handle.sizeBytes()),
      close: () => call('close', () => handle.close()),
    };
  }

  rename = (from: string, to: string): Promise<void> => this.#call('rename', from, () => this.inner.rename(from, to));
  link = (from: string, to: string): Promise<void> => this.#call('link', from, () => this.inner.link(from, to));
  unlink = (path: string): Promise<void> => this.#call('unlink', path, () => this.inner.unlink(path));
  mkdir = (path: string, mode?: number): Promise<void> => this.#call('mkdir', path, () => this.inner.mkdir(path, mode));
  rmdir = (path: string): Promise<void> => this.#call('rmdir', path, () => this.inner.rmdir(path));
  readdir = (path: string): Promise<string[]> => this.#call('readdir', path, () => this.inner.readdir(path));
  lstat = (path: string): ReturnType<FileSystem['lstat']> => this.#call('lstat', path, () => this.inner.lstat(path));
  statfs = (path: string): ReturnType<FileSystem['statfs']> =>
    this.#call('statfs', path, () => this.inner.statfs(path));
  fsyncFolder = (path: string): Promise<void> => this.#call('fsync', path, () => this.inner.fsyncFolder(path));

  async #call<T>(operation: string, path: string, work: () => Promise<T>): Promise<T> {
    this.calls += 1;
    const fails = this.failAt > 0 && (this.forGood ? this.calls >= this.failAt : this.calls === this.failAt);
    if (fails || this.failsWhen(operation, path)) throw new FileError(this.code, operation, path);
    const wait = this.waits(operation, path);
    if (wait !== null) await wait;
    return work();
  }
}
