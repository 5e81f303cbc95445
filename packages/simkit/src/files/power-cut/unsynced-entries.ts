import { FileError, type FileHandle, type FileSystem } from '@vcryptsim/ports';
import type { EntriesEffect, EntryChange } from './effects.js';
import { syncedBy, thoseThatCan } from './entry-order.js';
import type { FileNames, FileNode } from './file-node.js';
import type { Draw } from './survivors.js';

const COPY_BYTES = 64 * 1024;

/** A file that lost its last name and may get it back: its content, held open. */
export interface Keeper {
  readonly handle: FileHandle;
  readonly mode: number | undefined;
}

/** Changes of names that no fsync of their folder has made durable, and what it takes to undo them. */
export class UnsyncedEntries {
  readonly #files: FileSystem;
  readonly #names: FileNames;
  readonly #keepers = new Map<FileNode, Keeper>();
  #effects: EntriesEffect[] = [];

  /** @param files where the names are undone */
  constructor(files: FileSystem, names: FileNames) {
    this.#files = files;
    this.#names = names;
  }

  /** How many changes wait for an fsync. */
  get count(): number {
    return this.#effects.length;
  }

  /** How many files without a name are held open for them. */
  get kept(): number {
    return this.#keepers.size;
  }

  /** Opens a file that is about to lose its last name; null when it is no file or cannot be held. */
  async keeperOf(path: string): Promise<Keeper | null> {
    try {
      const status = await this.#files.lstat(path);
      if (status.kind !== 'file') return null;
      return { handle: await this.#files.open(path, { access: 'read' }), mode: status.mode };
    } catch (error) {
      if (error instanceof FileError) return null;
      throw error;
    }
  }

  hold(node: FileNode, keeper: Keeper): void {
    this.#keepers.set(node, keeper);
  }

  add(effect: EntriesEffect): void {
    this.#effects.push(effect);
  }

  /** An fsync of `folder` succeeded. */
  async synced(folder: FileNode): Promise<void> {
    const marks = syncedBy(this.#effects, folder);
    this.#effects = this.#effects.filter((_, index) => !marks[index]);
    await this.#letGo();
  }

  /** What the system writes back by itself: the oldest change is durable now. */
  async writeBackOldest(): Promise<void> {
    this.#effects.shift();
    await this.#letGo();
  }

  /** Undoes, last to first, what does not survive. */
  async restore(draw: Draw): Promise<void> {
    const landed = thoseThatCan(
      this.#effects,
      this.#effects.map(() => draw.survives()),
    );
    const lost = this.#effects.filter((_, index) => !landed[index]);
    for (const effect of lost.toReversed()) await this.#undo(effect);
    this.#effects = [];
    for (const { handle } of this.#keepers.values()) await handle.close();
    this.#keepers.clear();
  }

  /** Closes the files that no change can bring back any more. */
  async #letGo(): Promise<void> {
    if (this.#keepers.size === 0) return;
    const needed = new Set(this.#effects.flatMap(({ changes }) => changes.map(({ before }) => before)));
    for (const [node, { handle }] of this.#keepers) {
      if (needed.has(node)) continue;
      this.#keepers.delete(node);
      await handle.close();
    }
  }

  async #undo({ changes }: EntriesEffect): Promise<void> {
    const [to, from] = changes;
    if (to?.after?.isFolder && from?.before === to.after) {
      await this.#moveBack(to, from);
      return;
    }
    for (const change of changes.toReversed()) await this.#undoOne(change);
  }

  async #moveBack(to: EntryChange, from: EntryChange): Promise<void> {
    const [now, then] = [pathOf(to), pathOf(from)];
    if (now === null || then === null) return;
    await this.#files.rename(now, then);
    this.#names.put(to, null);
    this.#names.put(from, to.after);
    if (to.before) await this.#putBack(to, to.before, now);
  }

  async #undoOne(change: EntryChange): Promise<void> {
    const path = pathOf(change);
    // Its folder went too, and stays away.
    if (path === null) return;
    if (change.after?.isFolder) await this.#removeAll(path);
    else if (change.after) await this.#files.unlink(path);
    if (change.after) this.#names.put(change, null);
    if (change.before) await this.#putBack(change, change.before, path);
  }

  async #putBack(change: EntryChange, node: FileNode, path: string): Promise<void> {
    const other = node.path;
    if (node.isFolder) await this.#files.mkdir(path);
    else if (other !== null) await this.#files.link(other, path);
    else if (!(await this.#copyKept(node, path))) return;
    this.#names.put(change, node);
  }

  async #copyKept(node: FileNode, path: string): Promise<boolean> {
    const keeper = this.#keepers.get(node);
    if (!keeper) return false;
    const { handle, mode } = keeper;
    const copy = await this.#files.open(path, { access: 'write', create: 'exclusive', ...(mode && { mode }) });
    try {
      const sizeBytes = await handle.sizeBytes();
      const buffer = new Uint8Array(COPY_BYTES);
      for (let at = 0; at < sizeBytes; at += COPY_BYTES) {
        const chunk = buffer.subarray(0, await handle.pread(buffer, at));
        // Holes stay holes.
        if (chunk.some((byte) => byte !== 0)) await copy.pwrite(chunk, at);
      }
      await copy.truncate(sizeBytes);
    } finally {
      await copy.close();
    }
    return true;
  }

  /** A folder whose own name is lost is lost with all that is in it. */
  async #removeAll(folder: string): Promise<void> {
    for (const name of await this.#files.readdir(folder)) {
      const path = `${folder}/${name}`;
      if ((await this.#files.lstat(path)).kind === 'folder') await this.#removeAll(path);
      else await this.#files.unlink(path);
    }
    await this.#files.rmdir(folder);
  }
}

function pathOf({ folder, name }: EntryChange): string | null {
  const above = folder.path;
  return above === null ? null : `${above}/${name}`;
}
