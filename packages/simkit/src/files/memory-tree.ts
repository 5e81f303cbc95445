import { type Medium, MemoryFile } from './memory-file.js';

/** Entries of a folder by name. */
export type MemoryFolder = Map<string, MemoryNode>;
export type MemoryNode = MemoryFolder | MemoryFile;

/** What a file system in memory is made of. */
export interface MemoryTree {
  readonly root: MemoryFolder;
  readonly medium: Medium;
}

/** Makes twins of nodes for another medium. A node that is met twice has one twin, so that links stay links. */
export class TreeFork {
  // As much as anybody wants until it is finished.
  readonly #medium: Medium = { freeBytes: Number.POSITIVE_INFINITY, lastFileId: 0n };
  readonly #twins = new Map<MemoryNode, MemoryNode>();

  fileOf(file: MemoryFile): MemoryFile {
    const known = this.#twins.get(file);
    if (known instanceof MemoryFile) return known;
    const twin = file.fork(this.#medium);
    this.#twins.set(file, twin);
    return twin;
  }

  folderOf(folder: MemoryFolder): MemoryFolder {
    const known = this.#twins.get(folder);
    if (known instanceof Map) return known;
    const twin: MemoryFolder = new Map();
    this.#twins.set(folder, twin);
    for (const [name, node] of folder) twin.set(name, this.nodeOf(node));
    return twin;
  }

  nodeOf(node: MemoryNode): MemoryNode {
    return node instanceof MemoryFile ? this.fileOf(node) : this.folderOf(node);
  }

  /** Counts the names and the room of what `root`, a twin, leads to. Once, when its entries are as they shall be. */
  finish(root: MemoryFolder, capacityBytes: number): MemoryTree {
    let usedBytes = 0;
    const counted = new Set<MemoryNode>();
    const count = (node: MemoryNode): void => {
      const isNew = !counted.has(node);
      counted.add(node);
      if (node instanceof MemoryFile) {
        node.link();
        if (isNew) usedBytes += node.allocatedBytes;
      } else if (isNew) {
        for (const entry of node.values()) count(entry);
      }
    };
    count(root);
    this.#medium.freeBytes = Math.max(0, capacityBytes - usedBytes);
    return { root, medium: this.#medium };
  }
}
