import type { FileHandle, FileSystem } from '@vcryptsim/ports';

/** These files hold no secrets; whoever may see the folder may read them. */
const MODE = 0o644;

/**
 * A new file that grows by lines while things happen, so that it is there whatever ends the process. A line is handed to
 * the system before {@link LineFile.append} returns, where the file system works so; what goes wrong shows at the next
 * {@link LineFile.settle}.
 */
export class LineFile {
  readonly #handle: FileHandle;
  #endBytes = 0;
  #written: Promise<void> = Promise.resolve();

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** @throws FileError EXISTS and others */
  static async open(files: FileSystem, path: string): Promise<LineFile> {
    return new LineFile(await files.open(path, { access: 'write', create: 'exclusive', mode: MODE }));
  }

  /** Adds text that ends in a line feed. */
  append(line: string): void {
    const bytes = new TextEncoder().encode(line);
    const writing = this.#handle.pwrite(bytes, this.#endBytes);
    this.#endBytes += bytes.length;
    const both = Promise.all([this.#written, writing]).then(() => {});
    both.catch(() => {}); // told by settle
    this.#written = both;
  }

  /** Waits until all lines are written. @throws FileError of the first that was not */
  settle(): Promise<void> {
    return this.#written;
  }

  /** Ends the file. Never throws: what was not written was told by {@link LineFile.settle}. */
  async close(): Promise<void> {
    await this.#written.catch(() => {});
    await this.#handle.close().catch(() => {});
  }
}
