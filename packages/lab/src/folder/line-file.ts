import { exists, type FileHandle, type FileSystem } from '@vcryptsim/ports';

/** These files hold no secrets; whoever may see the folder may read them. */
const MODE = 0o644;
const LINE_FEED = 0x0a;
const CHUNK_BYTES = 4096;

/**
 * A file that grows by lines while things happen, so that it is there whatever ends the process. A line is handed to
 * the system before {@link LineFile.append} returns, where the file system works so; what goes wrong shows at the next
 * {@link LineFile.settle}.
 */
export class LineFile {
  readonly #handle: FileHandle;
  #endBytes: number;
  #written: Promise<void> = Promise.resolve();

  private constructor(handle: FileHandle, endBytes: number) {
    this.#handle = handle;
    this.#endBytes = endBytes;
  }

  /** Makes a new file. @throws FileError EXISTS and others */
  static async make(files: FileSystem, path: string): Promise<LineFile> {
    return new LineFile(await files.open(path, { access: 'write', create: 'exclusive', mode: MODE }), 0);
  }

  /** Goes on after the last whole line of a file; makes it where it is missing. @throws FileError */
  static async goOn(files: FileSystem, path: string): Promise<LineFile> {
    if (!(await exists(files, path))) return LineFile.make(files, path);
    const handle = await files.open(path, { access: 'write' });
    try {
      const endBytes = await wholeLinesBytes(handle);
      await handle.truncate(endBytes);
      return new LineFile(handle, endBytes);
    } catch (error) {
      await handle.close();
      throw error;
    }
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

/** The last lines of a file, whole ones only, as far as `limitBytes` from its end reach. @throws FileError */
export async function lastLines(files: FileSystem, path: string, limitBytes: number): Promise<string[]> {
  if (!(await exists(files, path))) return [];
  const handle = await files.open(path, { access: 'read' });
  try {
    const endBytes = await wholeLinesBytes(handle);
    const startBytes = Math.max(0, endBytes - limitBytes);
    const bytes = new Uint8Array(endBytes - startBytes);
    await handle.pread(bytes, startBytes);
    const lines = new TextDecoder().decode(bytes).split('\n').slice(0, -1);
    return startBytes === 0 ? lines : lines.slice(1);
  } finally {
    await handle.close();
  }
}

/** Where the last whole line ends. What comes after it a cut left there. */
async function wholeLinesBytes(handle: FileHandle): Promise<number> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (let endBytes = await handle.sizeBytes(); endBytes > 0; ) {
    const startBytes = Math.max(0, endBytes - CHUNK_BYTES);
    const count = await handle.pread(buffer.subarray(0, endBytes - startBytes), startBytes);
    const at = buffer.subarray(0, count).lastIndexOf(LINE_FEED);
    if (at >= 0) return startBytes + at + 1;
    endBytes = startBytes;
  }
  return 0;
}
