// Which changes of names may be on the medium without which others. What is not said here may land in any order.
//
//  1. Changes of one name land in the order of the calls: one block has them.
//  2. A name of a node goes only after the names that the node got before: a file system never drops the last pointer to
//     something that lives before the new one is there (Ganger and Patt, soft updates, rule 3).
//  3. What is put into a folder needs the folder: without it there is no place.
//
// A sync of a folder keeps to 1 and 2, and not to 3: that a new folder is itself durable is its parent's fsync to say.
import type { EntriesEffect } from './effects.js';
import type { FileNode, Place } from './file-node.js';

const keyOf = ({ folder, name }: Place): string => `${folder.number}/${name}`;

/** Nodes that get a name and keep those that they had: a rename gives and takes one, so that it leaves a name either way. */
function insertedBy({ changes }: EntriesEffect): FileNode[] {
  const removed = new Set(changes.map(({ before }) => before));
  return changes.flatMap(({ after }) => (after !== null && !removed.has(after) ? [after] : []));
}

/** Nodes that lose a name and get none. */
function removedBy({ changes }: EntriesEffect): FileNode[] {
  const inserted = new Set(changes.map(({ after }) => after));
  return changes.flatMap(({ before }) => (before !== null && !inserted.has(before) ? [before] : []));
}

/** Names and nodes that a set of changes is about. */
class Concern {
  readonly #names = new Set<string>();
  readonly #nodes = new Set<FileNode>();

  addNames({ changes }: EntriesEffect): void {
    for (const change of changes) this.#names.add(keyOf(change));
  }

  addInserted(effect: EntriesEffect): void {
    for (const node of insertedBy(effect)) this.#nodes.add(node);
  }

  addNeeded(effect: EntriesEffect): void {
    for (const node of removedBy(effect)) this.#nodes.add(node);
    for (const { folder } of effect.changes) this.#nodes.add(folder);
  }

  hasNameOf({ changes }: EntriesEffect): boolean {
    return changes.some((change) => this.#names.has(keyOf(change)));
  }

  hasInsertedBy(effect: EntriesEffect): boolean {
    return insertedBy(effect).some((node) => this.#nodes.has(node));
  }

  hasRemovedBy(effect: EntriesEffect): boolean {
    return removedBy(effect).some((node) => this.#nodes.has(node));
  }

  hasFolderOf({ changes }: EntriesEffect): boolean {
    return changes.some(({ folder }) => this.#nodes.has(folder));
  }
}

/** Of the changes that shall land those that can, because what they need lands too. `effects` in the order of the calls. */
export function thoseThatCan(effects: readonly EntriesEffect[], wanted: readonly boolean[]): boolean[] {
  const lost = new Concern();
  return effects.map((effect, index) => {
    const needsLost = lost.hasNameOf(effect) || lost.hasRemovedBy(effect) || lost.hasFolderOf(effect);
    if (wanted[index] && !needsLost) return true;
    lost.addNames(effect);
    lost.addInserted(effect);
    return false;
  });
}

/** The changes that shall land, and all that they need. */
export function withWhatTheyNeed(effects: readonly EntriesEffect[], wanted: readonly boolean[]): boolean[] {
  const needed = new Concern();
  return effects
    .map((effect, index) => ({ effect, isWanted: wanted[index] === true }))
    .toReversed()
    .map(({ effect, isWanted }) => {
      if (!isWanted && !needed.hasNameOf(effect) && !needed.hasInsertedBy(effect)) return false;
      needed.addNames(effect);
      needed.addNeeded(effect);
      return true;
    })
    .toReversed();
}

/** The changes that an fsync of `folder` makes durable. */
export function syncedBy(effects: readonly EntriesEffect[], folder: FileNode): boolean[] {
  const open = new Concern();
  const blocked = new Concern();
  const own = effects.map((effect) => {
    const isOwn = effect.changes.some((change) => change.folder === folder);
    if (isOwn && !blocked.hasNameOf(effect) && !open.hasRemovedBy(effect)) return true;
    if (isOwn) blocked.addNames(effect);
    open.addInserted(effect);
    return false;
  });
  // A folder that moves has names in two folders; what came before at its old one comes along.
  const names = new Concern();
  return effects
    .map((effect, index) => ({ effect, isOwn: own[index] === true }))
    .toReversed()
    .map(({ effect, isOwn }) => {
      if (!isOwn && !names.hasNameOf(effect)) return false;
      names.addNames(effect);
      return true;
    })
    .toReversed();
}
