import type { FileHandle, FileSystem, OpenOptions } from '@vcryptsim/ports';
import { type ByteRange, ByteRanges } from './byte-ranges.js';
import { ForwardingFileSystem } from './forwarding-file-system.js';

/** One call that changed something, in the order of the calls; enough to build every state that a cut can leave. */
export type FileOperation =
  | { readonly kind: 'create'; readonly path: string }
  | { readonly kind: 'write'; readonly path: string; readonly offsetBytes: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly path: string; readonly sizeBytes: number }
  | { readonly kind: 'fsync'; readonly path: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'link'; readonly from: string; readonly to: string }
  | { readonly kind: 'unlink'; readonly path: string }
  | { readonly kind: 'mkdir'; readonly path: string }
  | { readonly kind: 'rmdir'; readonly path: string }
  | { readonly kind: 'fsync-folder'; readonly path: string };

/** How {@link RecordingFileSystem} is set up. */
export interface RecordingFileSystemOptions {
  /** Told of each operation after it succeeded. The bytes of a write are a copy. */
  readonly onOperation?: (operation: FileOperation) => void;
}

/** An open file's name now: a rename moves it, an unlink takes it away. */
interface Name {
  path: string | null;
}

/**
 * A file system that remembers which bytes were written, so that a check looks at those only, and which operations
 * were made, so that a crash test can build the states between them. It knows of changes that went through it.
 */
export class RecordingFileSystem extends ForwardingFileSystem {
  readonly #tell: (operation: FileOperation) => void;
  readonly #copyWrites: boolean;
  /** Names of open files, by where they are now. */
  readonly #names = new Map<string, Set<Name>>();
  readonly #changes = new Map<string, number>();
  #dirty = new Map<string, ByteRanges>();

  constructor(inner: FileSystem, options: RecordingFileSystemOptions = {}) {
    super(inner);
    const tell = options.onOperation ?? (() => {});
    this.#tell = (operation) => {
      this.#count(operation);
      tell(operation);
    };
    this.#copyWrites = options.onOperation !== undefined;
  }

  /** What was written since the last call, per path in order, its ranges in order and joined; forgets it. */
  take(): Map<string, readonly ByteRange[]> {
    const taken = [...this.#dirty].map(([path, ranges]) => [path, ranges.list()] as const);
    this.#dirty = new Map();
    return new Map(taken.filter(([, ranges]) => ranges.length > 0).sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** How often the file that is called so now was written or cut. */
  changesOf(path: string): number {
    return this.#changes.get(path) ?? 0;
  }

  override async open(path: string, options: OpenOptions): Promise<FileHandle> {
    const creates = options.create === 'exclusive' || (options.create === 'if-missing' && !(await this.#stands(path)));
    const handle = await this.inner.open(path, options);
    if (creates) this.#tell({ kind: 'create', path });
    const name: Name = { path };
    this.#note(name, path);
    return this.#recorded(handle, name, path);
  }

  override async rename(from: string, to: string): Promise<void> {
    await this.inner.rename(from, to);
    if (from !== to) this.#move(from, to);
    this.#tell({ kind: 'rename', from, to });
  }

  override async link(from: string, to: string): Promise<void> {
    await this.inner.link(from, to);
    const { sizeBytes } = await this.inner.lstat(to);
    this.#ranges(to).add(0, sizeBytes);
    this.#tell({ kind: 'link', from, to });
  }

  override async unlink(path: string): Promise<void> {
    await this.inner.unlink(path);
    this.#forget(path);
    this.#tell({ kind: 'unlink', path });
  }

  override async mkdir(path: string, mode?: number): Promise<void> {
    await this.inner.mkdir(path, mode);
    this.#tell({ kind: 'mkdir', path });
  }

  override async rmdir(path: string): Promise<void> {
    await this.inner.rmdir(path);
    this.#tell({ kind: 'rmdir', path });
  }

  override async fsyncFolder(path: string): Promise<void> {
    await this.inner.fsyncFolder(path);
    this.#tell({ kind: 'fsync-folder', path });
  }

  #recorded(handle: FileHandle, name: Name, openedAs: string): FileHandle {
    const note = (change: (ranges: ByteRanges) => void) => {
      if (name.path !== null) change(this.#ranges(name.path));
    };
    const pathNow = () => name.path ?? openedAs;
    return {
      pread: (buffer, offsetBytes) => handle.pread(buffer, offsetBytes),
      pwrite: async (buffer, offsetBytes) => {
        // Before the call: a write that fails may have left a part.
        note((ranges) => ranges.add(offsetBytes, offsetBytes + buffer.length));
        const bytes = this.#copyWrites ? buffer.slice() : buffer;
        try {
          await handle.pwrite(buffer, offsetBytes);
        } catch (error) {
          // Nobody gets this copy.
          if (this.#copyWrites) bytes.fill(0);
          throw error;
        }
        this.#tell({ kind: 'write', path: pathNow(), offsetBytes, bytes });
      },
      truncate: async (sizeBytes) => {
        await handle.truncate(sizeBytes);
        note((ranges) => ranges.cut(sizeBytes));
        this.#tell({ kind: 'truncate', path: pathNow(), sizeBytes });
      },
      fsync: async () => {
        await handle.fsync();
        this.#tell({ kind: 'fsync', path: pathNow() });
      },
      sizeBytes: () => handle.sizeBytes(),
      close: () => {
        if (name.path !== null) this.#drop(name, name.path);
        return handle.close();
      },
    };
  }

  #count(operation: FileOperation): void {
    if (operation.kind === 'write' || operation.kind === 'truncate') {
      this.#changes.set(operation.path, this.changesOf(operation.path) + 1);
    } else if (operation.kind === 'unlink') {
      this.#changes.delete(operation.path);
    } else if (operation.kind === 'rename' && operation.from !== operation.to) {
      this.#changes.set(operation.to, this.changesOf(operation.from));
      this.#changes.delete(operation.from);
    }
  }

  #ranges(path: string): ByteRanges {
    const ranges = this.#dirty.get(path) ?? new ByteRanges();
    this.#dirty.set(path, ranges);
    return ranges;
  }

  #forget(path: string): void {
    this.#dirty.delete(path);
    for (const name of this.#names.get(path) ?? []) name.path = null;
    this.#names.delete(path);
  }

  #note(name: Name, path: string): void {
    name.path = path;
    const there = this.#names.get(path);
    if (there) there.add(name);
    else this.#names.set(path, new Set([name]));
  }

  #drop(name: Name, path: string): void {
    const there = this.#names.get(path);
    there?.delete(name);
    if (there?.size === 0) this.#names.delete(path);
  }

  #move(from: string, to: string): void {
    this.#forget(to);
    // What was written or is open is a file. Anything else may be a folder, and takes along everything under it.
    const isFile = this.#dirty.has(from) || this.#names.has(from);
    const all = isFile ? [from] : new Set([...this.#dirty.keys(), ...this.#names.keys()]);
    for (const path of all) {
      if (path === from) this.#moveOne(path, to);
      else if (path.startsWith(`${from}/`)) this.#moveOne(path, to + path.slice(from.length));
    }
  }

  #moveOne(from: string, to: string): void {
    const ranges = this.#dirty.get(from);
    if (ranges !== undefined) {
      this.#dirty.delete(from);
      this.#dirty.set(to, ranges);
    }
    const names = this.#names.get(from) ?? [];
    this.#names.delete(from);
    for (const name of names) this.#note(name, to);
  }

  async #stands(path: string): Promise<boolean> {
    return this.inner.lstat(path).then(
      () => true,
      () => false,
    );
  }
}
