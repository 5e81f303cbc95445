import { FileError, type FileErrorCode, type FileHandle, type FileSystem, type OpenOptions } from '@vcryptsim/ports';
import { ForwardingFileSystem } from './forwarding-file-system.js';

/**
 * What goes wrong with files.
 * - `no-space`: after `afterBytes` more written bytes the medium is full; the write that crosses the line leaves its
 *   first part (NO_SPACE).
 * - `read-only`: whatever would change something at or under `under` fails with READ_ONLY.
 * - `not-permitted`: whatever would open, list or change something at or under `under` fails with NOT_PERMITTED.
 * - `io-error`: the `atCall`-th call from now on (1 is the next) fails with IO and does nothing.
 */
export type FileFault =
  | { readonly kind: 'no-space'; readonly afterBytes: number }
  | { readonly kind: 'read-only'; readonly under: string }
  | { readonly kind: 'not-permitted'; readonly under: string }
  | { readonly kind: 'io-error'; readonly atCall: number };

type Effect = 'look' | 'change';

/** A file system that can be broken and mended at run time. Without faults it behaves as the one inside. */
export class FaultyFileSystem extends ForwardingFileSystem {
  // Each fault with what is left of its count.
  readonly #faults = new Map<FileFault, number>();

  constructor(inner: FileSystem, faults: readonly FileFault[] = []) {
    super(inner);
    for (const fault of faults) this.set(fault);
  }

  /** Breaks something from now on. Returns the end of it. */
  set(fault: FileFault): () => void {
    const left = fault.kind === 'no-space' ? fault.afterBytes : fault.kind === 'io-error' ? fault.atCall : 0;
    this.#faults.set(fault, left);
    return () => this.#faults.delete(fault);
  }

  override async open(path: string, options: OpenOptions): Promise<FileHandle> {
    this.#check('open', path, options.access === 'write' ? 'change' : 'look');
    const handle = await this.inner.open(path, options);
    const checked = <T>(operation: string, effect: Effect, work: () => Promise<T>): Promise<T> => {
      this.#check(operation, path, effect);
      return work();
    };
    return {
      pread: async (buffer, offsetBytes) => checked('read', 'look', () => handle.pread(buffer, offsetBytes)),
      pwrite: async (buffer, offsetBytes) =>
        checked('write', 'change', () => this.#write(handle, path, buffer, offsetBytes)),
      truncate: async (sizeBytes) => checked('truncate', 'change', () => handle.truncate(sizeBytes)),
      fsync: async () => checked('fsync', 'look', () => handle.fsync()),
      sizeBytes: async () => checked('stat', 'look', () => handle.sizeBytes()),
      close: () => handle.close(),
    };
  }

  override async rename(from: string, to: string): Promise<void> {
    this.#check('rename', from, 'change');
    this.#check('rename', to, 'change', false);
    return this.inner.rename(from, to);
  }

  override async link(from: string, to: string): Promise<void> {
    this.#check('link', from, 'look');
    this.#check('link', to, 'change', false);
    return this.inner.link(from, to);
  }

  override async unlink(path: string): Promise<void> {
    this.#check('unlink', path, 'change');
    return this.inner.unlink(path);
  }

  override async mkdir(path: string, mode?: number): Promise<void> {
    this.#check('mkdir', path, 'change');
    return this.inner.mkdir(path, mode);
  }

  override async rmdir(path: string): Promise<void> {
    this.#check('rmdir', path, 'change');
    return this.inner.rmdir(path);
  }

  override async readdir(path: string): Promise<string[]> {
    this.#check('readdir', path, 'look');
    return this.inner.readdir(path);
  }

  override async fsyncFolder(path: string): Promise<void> {
    this.#check('fsync', path, 'look');
    return this.inner.fsyncFolder(path);
  }

  override async statfs(path: string): Promise<{ readonly freeBytes: number }> {
    const { freeBytes } = await this.inner.statfs(path);
    return { freeBytes: Math.min(freeBytes, this.#room()) };
  }

  async #write(handle: FileHandle, path: string, buffer: Uint8Array, offsetBytes: number): Promise<void> {
    const fits = Math.min(buffer.length, this.#room());
    for (const [fault, left] of this.#faults) if (fault.kind === 'no-space') this.#faults.set(fault, left - fits);
    if (fits > 0 || buffer.length === 0) await handle.pwrite(buffer.subarray(0, fits), offsetBytes);
    if (fits < buffer.length) throw new FileError('NO_SPACE', 'write', path);
  }

  #room(): number {
    let room = Number.POSITIVE_INFINITY;
    for (const [fault, left] of this.#faults) if (fault.kind === 'no-space') room = Math.min(room, left);
    return room;
  }

  #check(operation: string, path: string, effect: Effect, counts = true): void {
    let code: FileErrorCode | null = null;
    for (const [fault, left] of this.#faults) {
      if (fault.kind === 'io-error' && counts) {
        this.#faults.set(fault, left - 1);
        if (left === 1) code ??= 'IO';
      } else if (fault.kind === 'read-only' && effect === 'change' && isUnder(path, fault.under)) {
        code ??= 'READ_ONLY';
      } else if (fault.kind === 'not-permitted' && isUnder(path, fault.under)) {
        code ??= 'NOT_PERMITTED';
      }
    }
    if (code) throw new FileError(code, operation, path);
  }
}

function isUnder(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}
