/** A name in a folder. */
export interface Place {
  readonly folder: FileNode;
  readonly name: string;
}

/**
 * One file or folder by what it is, whatever its names are: what an inode is. A write through an old handle goes to the
 * node, after a rename and after an unlink too.
 */
export class FileNode {
  readonly number: number;
  readonly isFolder: boolean;
  /** Where it was when it was first met; null for the root and for what was made since. */
  readonly origin: Place | null;
  /** What is known to be in it. */
  readonly entries = new Map<string, FileNode>();
  readonly #places: Place[] = [];

  constructor(number: number, isFolder: boolean, origin: Place | null) {
    this.number = number;
    this.isFolder = isFolder;
    this.origin = origin;
  }

  /** How many names it has now. */
  get links(): number {
    return this.#places.length;
  }

  /** A path that leads to it now; null when none does. The root's is empty. */
  get path(): string | null {
    if (this.number === 0) return '';
    for (const { folder, name } of this.#places) {
      const above = folder.path;
      if (above !== null) return `${above}/${name}`;
    }
    return null;
  }

  /** A name more or less; {@link FileNames} alone calls these. */
  addPlace(place: Place): void {
    this.#places.push(place);
  }

  dropPlace({ folder, name }: Place): void {
    const at = this.#places.findIndex((place) => place.folder === folder && place.name === name);
    if (at >= 0) this.#places.splice(at, 1);
  }
}

/**
 * Which node each path leads to, as far as anybody asked. What is not known yet is taken to be there: ask only for what
 * the file system underneath has. Two names that a file had before it was first met are two nodes.
 */
export class FileNames {
  readonly root = new FileNode(0, true, null);
  #made = 1;

  /** The node at `path`, met now if not before. */
  at(path: string, isFolder: boolean): FileNode {
    const parts = partsOf(path);
    let node = this.root;
    for (const [index, name] of parts.entries())
      node = node.entries.get(name) ?? this.#meet(node, name, isFolder || index < parts.length - 1);
    return node;
  }

  /** The node at `path` if it was met before. */
  known(path: string): FileNode | null {
    let node: FileNode | undefined = this.root;
    for (const name of partsOf(path)) node = node?.entries.get(name);
    return node ?? null;
  }

  /** The place that `path` names. */
  place(path: string): Place {
    const cut = path.lastIndexOf('/');
    return { folder: this.at(path.slice(0, cut), true), name: path.slice(cut + 1) };
  }

  /** A file or folder that is made now, without a name yet. */
  make(isFolder: boolean): FileNode {
    return new FileNode(this.#made++, isFolder, null);
  }

  /** Makes a name lead to a node, or to nothing. */
  put(place: Place, node: FileNode | null): void {
    const { folder, name } = place;
    folder.entries.get(name)?.dropPlace(place);
    if (node === null) {
      folder.entries.delete(name);
    } else {
      folder.entries.set(name, node);
      node.addPlace(place);
    }
  }

  #meet(folder: FileNode, name: string, isFolder: boolean): FileNode {
    const node = new FileNode(this.#made++, isFolder, { folder, name });
    this.put({ folder, name }, node);
    return node;
  }
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}
