import { assert } from '@vcryptsim/ports';
import { type ByteRange, ByteRanges } from '../byte-ranges.js';
import { MemoryFile } from '../memory-file.js';
import { MemoryFileSystem } from '../memory-file-system.js';
import { type MemoryFolder, type MemoryNode, type MemoryTree, TreeFork } from '../memory-tree.js';
import type { CrashHistory } from './crash-log.js';
import type { EntriesEffect, EntryChange, LoggedOperation, TruncateEffect, WriteEffect } from './effects.js';
import { syncedBy } from './entry-order.js';
import type { FileNode } from './file-node.js';
import { ALL, landWrite, type Part } from './landing.js';

/** An effect that no fsync made durable. */
export interface Pending {
  readonly effect: EntriesEffect | WriteEffect | TruncateEffect;
  readonly operation: LoggedOperation;
  /** An fsync for it failed: a later one does not make it durable, but another write over it counts. */
  isStray: boolean;
  /** What of a stray write was written over and made durable since. */
  readonly overwritten: ByteRanges;
}

/**
 * The durable state of a log, rolled forward operation by operation, and what is pending on top of it. It holds one image
 * of the medium, whose pages the crash states share.
 */
export class CrashModel {
  readonly #tree: MemoryTree;
  readonly #capacityBytes: number;
  readonly #images = new Map<FileNode, MemoryNode>();
  #pending: Pending[] = [];

  constructor(log: CrashHistory) {
    this.#tree = log.start.forkTree(Number.POSITIVE_INFINITY);
    this.#capacityBytes = log.start.capacityBytes;
  }

  /** In the order of the calls. */
  get pending(): readonly Pending[] {
    return this.#pending;
  }

  /** Length of a file with all that is pending. */
  sizeBytes(node: FileNode): number {
    let sizeBytes = this.#file(node).sizeBytes;
    for (const { effect } of this.#pending) {
      if (effect.kind === 'entries' || effect.file !== node) continue;
      const endBytes = effect.kind === 'write' ? effect.offsetBytes + effect.bytes.length : 0;
      sizeBytes = effect.kind === 'truncate' ? effect.sizeBytes : Math.max(sizeBytes, endBytes);
    }
    return sizeBytes;
  }

  /** Length of a file with nothing that is pending. */
  durableSizeBytes(node: FileNode): number {
    return this.#file(node).sizeBytes;
  }

  /** The next operation of the log. */
  take(operation: LoggedOperation): void {
    for (const effect of operation.effects) {
      if (effect.kind === 'sync') this.#sync(effect.node);
      else if (effect.kind === 'sync-failed') this.#stray(effect.node);
      else this.#pending.push(this.pendingOf(operation, effect));
    }
  }

  /** An effect as it would be pending. */
  pendingOf(operation: LoggedOperation, effect: Pending['effect']): Pending {
    if (effect.kind !== 'entries') this.#file(effect.file);
    else for (const change of effect.changes) this.#bind(change);
    return { effect, operation, isStray: false, overwritten: new ByteRanges() };
  }

  /** The medium with these parts of what is pending; `more` are effects of the operation that is under way. */
  build(parts: readonly Part[], more: readonly Pending[] = []): MemoryFileSystem {
    const fork = new TreeFork();
    const root = fork.folderOf(this.#tree.root);
    for (const [index, pending] of [...this.#pending, ...more].entries())
      this.#land(pending, parts[index] ?? ALL, (node) => fork.nodeOf(this.#image(node)));
    const capacityBytes = this.#capacityBytes;
    return new MemoryFileSystem({ capacityBytes }, fork.finish(root, capacityBytes));
  }

  #land(pending: Pending, part: Part, imageOf: (node: FileNode) => MemoryNode): void {
    const { effect } = pending;
    if (part.kind === 'none') return;
    if (effect.kind === 'entries') {
      for (const { folder, name, after } of effect.changes) {
        const entries = imageOf(folder);
        assert(entries instanceof Map, 'a name is in a folder');
        if (after) entries.set(name, imageOf(after));
        else entries.delete(name);
      }
      return;
    }
    const file = imageOf(effect.file);
    assert(file instanceof MemoryFile, 'bytes are in a file');
    if (effect.kind === 'truncate') file.truncate(effect.sizeBytes);
    else landWrite(file, effect, part, (from, to) => piecesOutside(pending.overwritten.list(), effect, from, to));
  }

  #sync(node: FileNode): void {
    const durable = new Set(node.isFolder ? this.#entriesOf(node) : this.#contentOf(node));
    this.#pending = this.#pending.filter((pending) => !durable.has(pending));
    for (const pending of durable) {
      this.#land(pending, ALL, (one) => this.#image(one));
      this.#writeOver(pending.effect);
    }
    if (!node.isFolder) this.#growTo(node);
  }

  #entriesOf(folder: FileNode): Pending[] {
    const entries = this.#pending.filter(({ effect }) => effect.kind === 'entries');
    const effects = entries.flatMap(({ effect }) => (effect.kind === 'entries' ? [effect] : []));
    const marks = syncedBy(effects, folder);
    return entries.filter((_, index) => marks[index]);
  }

  #contentOf(file: FileNode): Pending[] {
    return this.#pending.filter(({ effect, isStray }) => !isStray && effect.kind !== 'entries' && effect.file === file);
  }

  /** A length is kept apart from the bytes: it becomes durable though their own fsync failed. */
  #growTo(node: FileNode): void {
    const file = this.#file(node);
    for (const { effect, overwritten } of this.#pending) {
      if (effect.kind !== 'write' || effect.file !== node) continue;
      const isWhole = overwritten.list().length === 0;
      if (isWhole && effect.offsetBytes + effect.bytes.length > file.sizeBytes)
        file.truncate(effect.offsetBytes + effect.bytes.length);
    }
  }

  #writeOver(effect: Pending['effect']): void {
    if (effect.kind === 'entries') return;
    const from = effect.kind === 'write' ? effect.offsetBytes : effect.sizeBytes;
    const to = effect.kind === 'write' ? from + effect.bytes.length : Number.MAX_SAFE_INTEGER;
    for (const stray of this.#pending)
      if (stray.effect.kind === 'write' && stray.effect.file === effect.file) stray.overwritten.add(from, to);
  }

  // Metadata is in the journal of a file system; what a failed fsync may lose is data.
  #stray(file: FileNode): void {
    for (const pending of this.#pending)
      if (pending.effect.kind === 'write' && pending.effect.file === file) pending.isStray = true;
  }

  #bind({ folder, before, after }: EntryChange): void {
    this.#image(folder);
    if (before) this.#image(before);
    if (after) this.#image(after);
  }

  #file(node: FileNode): MemoryFile {
    const image = this.#image(node);
    assert(image instanceof MemoryFile, 'bytes are in a file');
    return image;
  }

  /** What a node is on the medium. One that was there before is looked up where it was, before that changes. */
  #image(node: FileNode): MemoryNode {
    const known = this.#images.get(node);
    if (known) return known;
    const image = node.number === 0 ? this.#tree.root : node.origin ? this.#found(node) : this.#made(node);
    this.#images.set(node, image);
    return image;
  }

  #found({ origin }: FileNode): MemoryNode {
    const folder = origin && this.#image(origin.folder);
    const image = folder instanceof Map ? folder.get(origin?.name ?? '') : undefined;
    assert(image !== undefined, 'what was met before the log began is on its medium');
    return image;
  }

  #made({ isFolder }: FileNode): MemoryNode {
    const folder: MemoryFolder = new Map();
    return isFolder ? folder : new MemoryFile(this.#tree.medium);
  }
}

/** Of the bytes `from` to `to` of a write those that were not written over. */
function* piecesOutside(
  overwritten: readonly ByteRange[],
  { offsetBytes }: WriteEffect,
  from: number,
  to: number,
): Generator<readonly [number, number]> {
  let at = from;
  for (const { startBytes, endBytes } of overwritten) {
    const start = Math.min(to, startBytes - offsetBytes);
    if (start > at) yield [at, start];
    at = Math.max(at, endBytes - offsetBytes);
  }
  if (at < to) yield [at, to];
}
