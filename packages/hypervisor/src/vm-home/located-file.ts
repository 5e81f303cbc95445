import type { VmFolder } from '../datastore/vm-folder.js';
import { isFileName } from '../formats/file-name.js';
import { formatVolumePath, parseVolumePath } from '../formats/volume-path.js';

/** A file and the folder in which it lies. */
export interface LocatedFile {
  readonly folder: VmFolder;
  readonly fileName: string;
}

/**
 * Finds the file that a VMX or a descriptor names: bare in its own folder, by its whole path in another.
 *
 * @param folder in which the naming file lies
 * @returns null for a name that is neither, and for a datastore that the host does not have
 */
export function locate(folder: VmFolder, name: string): LocatedFile | null {
  if (isFileName(name)) return { folder, fileName: name };
  const path = parseVolumePath(name);
  if (path === null) return null;
  const found = folder.elsewhere(path.datastore, path.folder);
  return found === null ? null : { folder: found, fileName: path.fileName };
}

/** How a file of `folder` names another one. */
export function nameFrom(folder: VmFolder, { folder: other, fileName }: LocatedFile): string {
  if (folder.path === other.path) return fileName;
  return formatVolumePath({ datastore: other.datastore, folder: other.name, fileName });
}
