import type { FileHandle, FileStatus, FileSystem, OpenOptions } from '@vcryptsim/ports';
import type { BootLife } from './boot-life.js';

/**
 * The files as one boot sees them: after its end no call reaches them any more (HOST_GONE), so that work which a crash
 * interrupts stops at its next file operation, as it would on a real host.
 */
export class BootFiles implements FileSystem {
  readonly #files: FileSystem;
  readonly #life: BootLife;
  readonly #handles = new Set<FileHandle>();
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(files: FileSystem, life: BootLife) {
    this.#files = files;
    this.#life = life;
  }

  /**
   * Waits for the calls that were under way when the boot ended, then closes every handle. One that will not close is
   * let go of: what counted was made durable before, and the power is off.
   */
  async release(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
    const handles = [...this.#handles];
    this.#handles.clear();
    await Promise.allSettled(handles.map((handle) => handle.close()));
  }

  async open(path: string, options: OpenOptions): Promise<FileHandle> {
    return this.#call(async () => {
      const handle = await this.#files.open(path, options);
      this.#handles.add(handle);
      const call = <T>(work: () => Promise<T>): Promise<T> => this.#call(work);
      return {
        pread: (buffer, offsetBytes) => call(() => handle.pread(buffer, offsetBytes)),
        pwrite: (buffer, offsetBytes) => call(() => handle.pwrite(buffer, offsetBytes)),
        truncate: (sizeBytes) => call(() => handle.truncate(sizeBytes)),
        fsync: () => call(() => handle.fsync()),
        sizeBytes: () => call(() => handle.sizeBytes()),
        close: async () => {
          if (this.#handles.delete(handle)) await handle.close();
        },
      } satisfies FileHandle;
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#call(() => this.#files.rename(from, to));
  }

  link(from: string, to: string): Promise<void> {
    return this.#call(() => this.#files.link(from, to));
  }

  unlink(path: string): Promise<void> {
    return this.#call(() => this.#files.unlink(path));
  }

  mkdir(path: string, mode?: number): Promise<void> {
    return this.#call(() => this.#files.mkdir(path, mode));
  }

  rmdir(path: string): Promise<void> {
    return this.#call(() => this.#files.rmdir(path));
  }

  readdir(path: string): Promise<string[]> {
    return this.#call(() => this.#files.readdir(path));
  }

  lstat(path: string): Promise<FileStatus> {
    return this.#call(() => this.#files.lstat(path));
  }

  statfs(path: string): Promise<{ readonly freeBytes: number }> {
    return this.#call(() => this.#files.statfs(path));
  }

  fsyncFolder(path: string): Promise<void> {
    return this.#call(() => this.#files.fsyncFolder(path));
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    this.#life.check();
    const underWay = work();
    this.#underWay.add(underWay);
    try {
      const result = await underWay;
      this.#life.check();
      return result;
    } finally {
      this.#underWay.delete(underWay);
    }
  }
}
