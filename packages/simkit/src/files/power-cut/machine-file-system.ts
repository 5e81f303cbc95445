import { FileError, type FileHandle, type FileStatus, type FileSystem, type OpenOptions } from '@vcryptsim/ports';
import type { PowerSwitch } from './power-switch.js';

/**
 * Files as one machine reaches them: while it has power and does not hang. The media may be its own or shared, and have
 * power of their own (PowerCutFileSystem).
 *
 * The operation in which the power goes is still made: it had left the machine. Its answer does not come back, and from
 * then on every call fails with IO, of handles from before it for good. While the machine hangs, calls wait. Counted are
 * calls that change something or make it durable.
 */
export class MachineFileSystem implements FileSystem {
  readonly #files: FileSystem;
  readonly #power: PowerSwitch;
  readonly #waiting = new Set<() => void>();
  #hangs = false;

  constructor(files: FileSystem, power: PowerSwitch) {
    this.#files = files;
    this.#power = power;
  }

  /** From now on calls wait for {@link release}. */
  hang(): void {
    this.#hangs = true;
  }

  release(): void {
    this.#hangs = false;
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  async open(path: string, options: OpenOptions): Promise<FileHandle> {
    const { era } = this.#power;
    const isChange = (options.create ?? 'never') !== 'never';
    const handle = await this.#call('open', path, isChange, () => this.#files.open(path, options));
    const call = <T>(operation: string, counts: boolean, work: () => Promise<T>) =>
      this.#call(operation, path, counts, work, era);
    return {
      pread: (buffer, offsetBytes) => call('read', false, () => handle.pread(buffer, offsetBytes)),
      pwrite: (buffer, offsetBytes) => call('write', true, () => handle.pwrite(buffer, offsetBytes)),
      truncate: (sizeBytes) => call('truncate', true, () => handle.truncate(sizeBytes)),
      fsync: () => call('fsync', true, () => handle.fsync()),
      sizeBytes: () => call('stat', false, () => handle.sizeBytes()),
      close: () => handle.close(),
    };
  }

  rename(from: string, to: string): Promise<void> {
    return this.#call('rename', from, true, () => this.#files.rename(from, to));
  }

  link(from: string, to: string): Promise<void> {
    return this.#call('link', from, true, () => this.#files.link(from, to));
  }

  unlink(path: string): Promise<void> {
    return this.#call('unlink', path, true, () => this.#files.unlink(path));
  }

  mkdir(path: string, mode?: number): Promise<void> {
    return this.#call('mkdir', path, true, () => this.#files.mkdir(path, mode));
  }

  rmdir(path: string): Promise<void> {
    return this.#call('rmdir', path, true, () => this.#files.rmdir(path));
  }

  readdir(path: string): Promise<string[]> {
    return this.#call('readdir', path, false, () => this.#files.readdir(path));
  }

  lstat(path: string): Promise<FileStatus> {
    return this.#call('lstat', path, false, () => this.#files.lstat(path));
  }

  statfs(path: string): Promise<{ readonly freeBytes: number }> {
    return this.#call('statfs', path, false, () => this.#files.statfs(path));
  }

  fsyncFolder(path: string): Promise<void> {
    return this.#call('fsync', path, true, () => this.#files.fsyncFolder(path));
  }

  async #call<T>(
    operation: string,
    path: string,
    counts: boolean,
    work: () => Promise<T>,
    era = this.#power.era,
  ): Promise<T> {
    while (this.#hangs) await new Promise<void>((wake) => this.#waiting.add(wake));
    this.#refuseIfGone(operation, path, era);
    const tripped = counts ? this.#power.count() : [];
    try {
      return await work();
    } finally {
      for (const power of tripped) power.trip();
      this.#refuseIfGone(operation, path, era);
    }
  }

  #refuseIfGone(operation: string, path: string, era: number): void {
    if (this.#power.isOff || this.#power.era !== era) throw new FileError('IO', operation, path);
  }
}
