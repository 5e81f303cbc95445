import {
  exists,
  FileError,
  type FileErrorCode,
  type FileHandle,
  type FileKind,
  type FileStatus,
  type FileSystem,
  folderOf,
  type OpenOptions,
} from '@vcryptsim/ports';
import type { FileOperation } from '../recording-file-system.js';
import type { Effect, EntriesEffect, LoggedOperation } from './effects.js';
import { FileNames, type FileNode } from './file-node.js';
import { PowerCutHandle, type Turns } from './power-cut-handle.js';
import { drawOf, type Survivors } from './survivors.js';
import { UnsyncedContents } from './unsynced-contents.js';
import { UnsyncedEntries } from './unsynced-entries.js';

/** How {@link PowerCutFileSystem} is set up. */
export interface PowerCutOptions {
  /** Told of each operation after it was made, failed ones too. The bytes of a write are a copy. */
  readonly onOperation?: (operation: LoggedOperation) => void;
  /** Told when the power is back: what the base has then is the new beginning. */
  readonly onPowerOn?: () => void;
}

/** As much waits for an fsync before the oldest of it is written back, as a system does after some seconds. */
const ENTRIES_MAX = 1024;
const KEPT_FILES_MAX = 64;

/**
 * A medium that can lose its power. It keeps volatile and durable state apart: content and length of a file become
 * durable by an fsync of that file, a name by an fsync of its folder, and by nothing else; a file is what it is, whatever
 * its names are. What may land without what is said in entry-order.ts.
 *
 *     process --- PowerCutFileSystem --- base: files in memory, or real folders
 *
 * **Written through at once, undone at the cut.** The base has the volatile state: what a process that is killed leaves,
 * and what a person or a scan that looks at the folder meanwhile shall see. Beside it is kept in memory what a cut takes
 * back: old bytes of changed sectors, old names, and an open handle of each file that lost its last name. The other way,
 * to hold back what is not durable, would keep whole new disks in memory, and a folder that is looked at would be old.
 * Bounded: beyond 64 MiB of old bytes, 1,024 names or 64 nameless files the oldest counts as written back.
 *
 * After a cut every call fails with IO, handles from before it for good, until {@link powerOn} has made the base what
 * the cut left. An fsync that fails makes nothing durable, and neither does the next one: what it was for may be gone.
 *
 * Put a {@link FaultyFileSystem} between this and the base for errors, and one above this for a disk that is late or lies.
 */
export class PowerCutFileSystem implements FileSystem {
  readonly #base: FileSystem;
  readonly #onOperation: ((operation: LoggedOperation) => void) | null;
  readonly #onPowerOn: () => void;
  #names = new FileNames();
  #entries: UnsyncedEntries;
  readonly #contents = new UnsyncedContents();
  readonly #open = new Set<FileHandle>();
  #lane: Promise<unknown> = Promise.resolve();
  #operations = 0;
  #cutAt: number | null = null;
  #isCut = false;
  #era = 0;

  /** @param base has the files; what is in it now counts as durable */
  constructor(base: FileSystem, options: PowerCutOptions = {}) {
    this.#base = base;
    this.#onOperation = options.onOperation ?? null;
    this.#onPowerOn = options.onPowerOn ?? (() => {});
    this.#entries = new UnsyncedEntries(base, this.#names);
  }

  /** Calls so far that changed something, made it durable, or failed to. */
  get operations(): number {
    return this.#operations;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /**
   * Cuts the power in the `count`-th operation from now (1 is the next): it is under way, and may be on the medium or
   * not, as what no fsync made durable. Replaces an earlier order. Reads do not count.
   */
  cutAt(count: number): void {
    this.#cutAt = this.#operations + count;
  }

  /** Takes an order of {@link cutAt} back. */
  keepOn(): void {
    this.#cutAt = null;
  }

  /** Cuts the power now: behind the calls that are under way. */
  async cut(): Promise<void> {
    await this.#turn(async () => this.#lose());
  }

  /**
   * Gives the power back, after a cut of it if there was none: the base is what survived, and all of it is durable.
   *
   * @param survivors what is on the medium of that which no fsync made durable
   * @throws FileError when the base refuses to be changed
   */
  async powerOn(survivors: Survivors = 'none'): Promise<void> {
    await this.#turn(async () => {
      this.#lose();
      for (const handle of this.#open) await handle.close();
      this.#open.clear();
      const draw = drawOf(survivors, this.#era);
      await this.#entries.restore(draw);
      await this.#contents.restore(this.#base, draw);
      this.#names = new FileNames();
      this.#entries = new UnsyncedEntries(this.#base, this.#names);
      this.#isCut = false;
      this.#onPowerOn();
    });
  }

  /** Lets go of what it holds open. The base stays as it is; a cut would take nothing back any more. */
  async dispose(): Promise<void> {
    await this.#turn(async () => {
      while (this.#entries.count > 0) await this.#entries.writeBackOldest();
    });
  }

  open(path: string, options: OpenOptions): Promise<FileHandle> {
    return this.#inTurn('open', path, async () => {
      const mayCreate = (options.create ?? 'never') !== 'never';
      const creates = mayCreate && !(await exists(this.#base, path));
      const operation = { kind: 'create', path } as const;
      const handle = await this.#orFailed(creates ? operation : null, () => this.#base.open(path, options));
      this.#open.add(handle);
      if (creates) {
        const node = this.#names.make(false);
        await this.#entriesChanged(operation, [{ ...this.#names.place(path), before: null, after: node }]);
      }
      const node = options.access === 'write' ? this.#names.at(path, false) : null;
      return this.#opened(handle, path, node);
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#inTurn('rename', from, async () => {
      const operation = { kind: 'rename', from, to } as const;
      const replaced = from === to ? null : await this.#kindAt(to);
      const isFolder = (await this.#kindAt(from)) === 'folder';
      const keeper = replaced === 'file' && this.#isLastName(to) ? await this.#entries.keeperOf(to) : null;
      await this.#orFailed(operation, () => this.#base.rename(from, to)).catch(async (error: unknown) => {
        await keeper?.handle.close();
        throw error;
      });
      // Two names of one file: nothing happens (POSIX rename). They may be older than what is known here.
      if (from === to || (replaced !== null && (await exists(this.#base, from)))) {
        await keeper?.handle.close();
        return this.#note(operation, []);
      }
      const node = this.#names.at(from, isFolder);
      const before = replaced === null ? null : this.#names.at(to, replaced === 'folder');
      if (before && keeper) this.#entries.hold(before, keeper);
      const added = { ...this.#names.place(to), before, after: node };
      const removed = { ...this.#names.place(from), before: node, after: null };
      const isOne = isFolder || folderOf(from) === folderOf(to);
      await this.#entriesChanged(operation, ...(isOne ? [[added, removed]] : [[added], [removed]]));
    });
  }

  link(from: string, to: string): Promise<void> {
    return this.#inTurn('link', from, async () => {
      const operation = { kind: 'link', from, to } as const;
      await this.#orFailed(operation, () => this.#base.link(from, to));
      const after = this.#names.at(from, false);
      await this.#entriesChanged(operation, [{ ...this.#names.place(to), before: null, after }]);
    });
  }

  unlink(path: string): Promise<void> {
    return this.#inTurn('unlink', path, async () => {
      const operation = { kind: 'unlink', path } as const;
      const keeper = this.#isLastName(path) ? await this.#entries.keeperOf(path) : null;
      await this.#orFailed(operation, () => this.#base.unlink(path)).catch(async (error: unknown) => {
        await keeper?.handle.close();
        throw error;
      });
      const before = this.#names.at(path, false);
      if (keeper) this.#entries.hold(before, keeper);
      await this.#entriesChanged(operation, [{ ...this.#names.place(path), before, after: null }]);
    });
  }

  mkdir(path: string, mode?: number): Promise<void> {
    return this.#inTurn('mkdir', path, async () => {
      const operation = { kind: 'mkdir', path } as const;
      await this.#orFailed(operation, () => this.#base.mkdir(path, mode));
      await this.#entriesChanged(operation, [
        { ...this.#names.place(path), before: null, after: this.#names.make(true) },
      ]);
    });
  }

  rmdir(path: string): Promise<void> {
    return this.#inTurn('rmdir', path, async () => {
      const operation = { kind: 'rmdir', path } as const;
      await this.#orFailed(operation, () => this.#base.rmdir(path));
      await this.#entriesChanged(operation, [
        { ...this.#names.place(path), before: this.#names.at(path, true), after: null },
      ]);
    });
  }

  fsyncFolder(path: string): Promise<void> {
    return this.#inTurn('fsync', path, async () => {
      const operation = { kind: 'fsync-folder', path } as const;
      await this.#orFailed(operation, () => this.#base.fsyncFolder(path));
      const node = this.#names.at(path, true);
      this.#note(operation, [{ kind: 'sync', node }]);
      await this.#entries.synced(node);
    });
  }

  readdir(path: string): Promise<string[]> {
    return this.#inTurn('readdir', path, () => this.#base.readdir(path));
  }

  lstat(path: string): Promise<FileStatus> {
    return this.#inTurn('lstat', path, () => this.#base.lstat(path));
  }

  statfs(path: string): Promise<{ readonly freeBytes: number }> {
    return this.#inTurn('statfs', path, () => this.#base.statfs(path));
  }

  #opened(handle: FileHandle, path: string, node: FileNode | null): FileHandle {
    const era = this.#era;
    const turns: Turns = {
      run: (operation, work) =>
        this.#inTurn(operation, path, () => {
          if (era !== this.#era) throw new FileError('IO', operation, path);
          return work();
        }),
      node: () => node ?? this.#names.known(path),
      orFailed: (operation, work, effectsOfFailure) => this.#orFailed(operation, work, effectsOfFailure),
      note: (operation, effects) => this.#note(operation, effects),
      copiesWrites: this.#onOperation !== null,
      contents: this.#contents,
      closed: () => this.#open.delete(handle),
    };
    return new PowerCutHandle(handle, path, turns);
  }

  async #kindAt(path: string): Promise<FileKind | null> {
    return this.#base.lstat(path).then(
      ({ kind }) => kind,
      () => null,
    );
  }

  #isLastName(path: string): boolean {
    return (this.#names.known(path)?.links ?? 1) === 1;
  }

  /** Makes a call of the base; of one that changes something a failure is an operation too. */
  async #orFailed<T>(
    operation: FileOperation | null,
    work: () => Promise<T>,
    effectsOfFailure: () => Promise<readonly Effect[]> = async () => [],
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof FileError && operation) this.#note(operation, await effectsOfFailure(), error.code);
      throw error;
    }
  }

  async #entriesChanged(operation: FileOperation, ...changes: EntriesEffect['changes'][]): Promise<void> {
    const effects = changes.map((one) => ({ kind: 'entries', changes: one }) as const);
    for (const effect of effects) {
      for (const change of effect.changes) this.#names.put(change, change.after);
      this.#entries.add(effect);
    }
    while (this.#entries.count > ENTRIES_MAX || this.#entries.kept > KEPT_FILES_MAX)
      await this.#entries.writeBackOldest();
    this.#note(operation, effects);
  }

  /** Counts an operation. The one in which the power goes ends here. */
  #note(operation: FileOperation, effects: readonly Effect[], failed: FileErrorCode | null = null): void {
    this.#operations++;
    this.#onOperation?.({ number: this.#operations, operation, failed, effects });
    if (this.#operations !== this.#cutAt) return;
    this.#lose();
    throw new FileError('IO', operation.kind, 'path' in operation ? operation.path : operation.from);
  }

  #lose(): void {
    if (this.#isCut) return;
    this.#isCut = true;
    this.#cutAt = null;
    this.#era++;
  }

  #inTurn<T>(operation: string, path: string, work: () => Promise<T>): Promise<T> {
    return this.#turn(async () => {
      if (this.#isCut) throw new FileError('IO', operation, path);
      return work();
    });
  }

  /** One call after the other: what is undone later is read before it is changed. */
  #turn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lane.then(work);
    this.#lane = turn.catch(() => {});
    return turn;
  }
}
