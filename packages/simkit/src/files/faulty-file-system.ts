import {
  type Clock,
  FileError,
  type FileErrorCode,
  type FileHandle,
  type FileStatus,
  type FileSystem,
  type OpenOptions,
} from '@vcryptsim/ports';
import { ForwardingFileSystem } from './forwarding-file-system.js';

/**
 * What goes wrong with files.
 * - `no-space`: after `afterBytes` more written bytes the medium is full; the write that crosses the line leaves its
 *   first part (NO_SPACE).
 * - `little-room`: files can grow by `roomBytes` more in all; what is removed or cut gives room back. Writing over what is
 *   there takes none.
 * - `read-only`: whatever would change something at or under `under` fails with READ_ONLY.
 * - `not-permitted`: whatever would open, list or change something at or under `under` fails with NOT_PERMITTED.
 * - `io-error`: the `atCall`-th call from now on (1 is the next) fails with IO and does nothing.
 * - `call-fails`: the `atCall`-th call that can fail so: with IO any call, with NO_SPACE a change or an fsync. With
 *   `leavesPart` only writes of two bytes and more count, and the first half of one is left. `onFailure` is called as it
 *   fails.
 * - `late`: each call begins `delayMs` later; calls that began together keep their order.
 * - `lying`: an fsync answers, and nothing was made durable. For what this leads to, a PowerCutFileSystem is inside.
 */
export type FileFault =
  | { readonly kind: 'no-space'; readonly afterBytes: number }
  | { readonly kind: 'little-room'; readonly roomBytes: number }
  | { readonly kind: 'read-only'; readonly under: string }
  | { readonly kind: 'not-permitted'; readonly under: string }
  | { readonly kind: 'io-error'; readonly atCall: number }
  | {
      readonly kind: 'call-fails';
      readonly atCall: number;
      readonly code: 'IO' | 'NO_SPACE';
      readonly leavesPart?: boolean;
      readonly onFailure?: () => void;
    }
  | { readonly kind: 'late'; readonly delayMs: number; readonly clock: Clock }
  | { readonly kind: 'lying' };

/** What a call is: `grow` is a change that takes room. */
type Effect = 'look' | 'change' | 'grow' | 'sync';
type CallFails = FileFault & { readonly kind: 'call-fails' };

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
    this.#faults.set(fault, countOf(fault));
    return () => void this.#faults.delete(fault);
  }

  override open(path: string, options: OpenOptions): Promise<FileHandle> {
    const mayCreate = (options.create ?? 'never') !== 'never';
    const effect = mayCreate ? 'grow' : options.access === 'write' ? 'change' : 'look';
    return this.#checked('open', path, effect, async () => {
      const handle = await this.inner.open(path, options);
      return {
        pread: (buffer, offsetBytes) => this.#checked('read', path, 'look', () => handle.pread(buffer, offsetBytes)),
        pwrite: (buffer, offsetBytes) =>
          this.#checked('write', path, 'grow', () => this.#write(handle, path, buffer, offsetBytes)),
        truncate: (sizeBytes) =>
          this.#checked('truncate', path, 'change', async () => {
            const before = this.#countsRoom ? await handle.sizeBytes() : sizeBytes;
            await handle.truncate(sizeBytes);
            this.#takeRoom(sizeBytes - before);
          }),
        fsync: () =>
          this.#checked('fsync', path, 'sync', async () => {
            if (!this.#isLying) await handle.fsync();
          }),
        sizeBytes: () => this.#checked('stat', path, 'look', () => handle.sizeBytes()),
        close: () => handle.close(),
      };
    });
  }

  override rename(from: string, to: string): Promise<void> {
    return this.#checked('rename', from, 'grow', async () => {
      this.#check('rename', to, 'change', false);
      await this.inner.rename(from, to);
    });
  }

  override link(from: string, to: string): Promise<void> {
    return this.#checked('link', from, 'look', async () => {
      this.#check('link', to, 'change', false);
      await this.inner.link(from, to);
    });
  }

  override unlink(path: string): Promise<void> {
    return this.#checked('unlink', path, 'change', async () => {
      const sizeBytes = this.#countsRoom ? (await this.inner.lstat(path)).sizeBytes : 0;
      await this.inner.unlink(path);
      this.#takeRoom(-sizeBytes);
    });
  }

  override mkdir(path: string, mode?: number): Promise<void> {
    return this.#checked('mkdir', path, 'grow', () => this.inner.mkdir(path, mode));
  }

  override rmdir(path: string): Promise<void> {
    return this.#checked('rmdir', path, 'change', () => this.inner.rmdir(path));
  }

  override readdir(path: string): Promise<string[]> {
    return this.#checked('readdir', path, 'look', () => this.inner.readdir(path));
  }

  override async lstat(path: string): Promise<FileStatus> {
    await this.#late();
    return this.inner.lstat(path);
  }

  override fsyncFolder(path: string): Promise<void> {
    return this.#checked('fsync', path, 'sync', async () => {
      if (!this.#isLying) await this.inner.fsyncFolder(path);
    });
  }

  override async statfs(path: string): Promise<{ readonly freeBytes: number }> {
    const { freeBytes } = await this.inner.statfs(path);
    return { freeBytes: Math.min(freeBytes, this.#room(), this.#roomToGrow()) };
  }

  get #isLying(): boolean {
    return [...this.#faults.keys()].some(({ kind }) => kind === 'lying');
  }

  async #write(handle: FileHandle, path: string, buffer: Uint8Array, offsetBytes: number): Promise<void> {
    const part = this.#partFault(buffer.length);
    // How much of it is beyond the end of the file.
    const growth = this.#countsRoom
      ? Math.max(0, offsetBytes + buffer.length - Math.max(offsetBytes, await handle.sizeBytes()))
      : 0;
    const tooMuch = Math.max(0, growth - this.#roomToGrow());
    const fits = part ? buffer.length >> 1 : Math.min(buffer.length - tooMuch, this.#room());
    this.#takeRoom(growth - tooMuch);
    for (const [fault, left] of this.#faults) if (fault.kind === 'no-space') this.#faults.set(fault, left - fits);
    if (fits > 0 || buffer.length === 0) await handle.pwrite(buffer.subarray(0, fits), offsetBytes);
    if (fits === buffer.length) return;
    part?.onFailure?.();
    throw new FileError(part?.code ?? 'NO_SPACE', 'write', path);
  }

  /** The fault that leaves a part of this write. */
  #partFault(lengthBytes: number): CallFails | null {
    let found: CallFails | null = null;
    for (const [fault, left] of this.#faults) {
      if (fault.kind !== 'call-fails' || !fault.leavesPart || lengthBytes < 2) continue;
      this.#faults.set(fault, left - 1);
      if (left === 1) found = fault;
    }
    return found;
  }

  #room(): number {
    let room = Number.POSITIVE_INFINITY;
    for (const [fault, left] of this.#faults) if (fault.kind === 'no-space') room = Math.min(room, left);
    return room;
  }

  get #countsRoom(): boolean {
    return [...this.#faults.keys()].some(({ kind }) => kind === 'little-room');
  }

  #roomToGrow(): number {
    let room = Number.POSITIVE_INFINITY;
    for (const [fault, left] of this.#faults) if (fault.kind === 'little-room') room = Math.min(room, left);
    return room;
  }

  #takeRoom(bytes: number): void {
    for (const [fault, left] of this.#faults) if (fault.kind === 'little-room') this.#faults.set(fault, left - bytes);
  }

  // Without a fault that is late the call is made at once: who waits for none relies on the order of the calls.
  async #checked<T>(operation: string, path: string, effect: Effect, work: () => Promise<T>): Promise<T> {
    if (this.#isLate) await this.#late();
    this.#check(operation, path, effect);
    return work();
  }

  get #isLate(): boolean {
    return [...this.#faults.keys()].some(({ kind }) => kind === 'late');
  }

  async #late(): Promise<void> {
    for (const fault of [...this.#faults.keys()]) if (fault.kind === 'late') await fault.clock.after(fault.delayMs);
  }

  #check(operation: string, path: string, effect: Effect, counts = true): void {
    let code: FileErrorCode | null = null;
    for (const [fault, left] of this.#faults) {
      if (counts && (fault.kind === 'io-error' || (fault.kind === 'call-fails' && canFail(fault, effect)))) {
        this.#faults.set(fault, left - 1);
        if (left !== 1) continue;
        code ??= fault.kind === 'io-error' ? 'IO' : fault.code;
        if (fault.kind === 'call-fails') fault.onFailure?.();
      } else if (fault.kind === 'read-only' && isChange(effect) && isUnder(path, fault.under)) {
        code ??= 'READ_ONLY';
      } else if (fault.kind === 'not-permitted' && isUnder(path, fault.under)) {
        code ??= 'NOT_PERMITTED';
      }
    }
    if (code) throw new FileError(code, operation, path);
  }
}

function countOf(fault: FileFault): number {
  if (fault.kind === 'no-space') return fault.afterBytes;
  if (fault.kind === 'little-room') return fault.roomBytes;
  return 'atCall' in fault ? fault.atCall : 0;
}

function isChange(effect: Effect): boolean {
  return effect === 'change' || effect === 'grow';
}

/** Whether the whole call may fail so; a write that leaves a part has a place of its own. */
function canFail({ code, leavesPart }: CallFails, effect: Effect): boolean {
  return !leavesPart && (code === 'IO' || effect === 'grow' || effect === 'sync');
}

function isUnder(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}
