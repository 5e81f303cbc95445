import { HypervisorError } from '@vcryptsim/hypervisor/api';
import {
  contentKeyIdOf,
  decodeText,
  descriptorBeside,
  hasEncryptionSign,
  isFileName,
  readDescriptor,
  readEnds,
  recognizeFile,
  TEXT_FILE_LIMIT_BYTES,
} from '@vcryptsim/hypervisor/formats';
import { exists, type FileSystem, folderOf, readWhole } from '@vcryptsim/ports';

/** What a disk's descriptor says of it; `unknown` where there is no descriptor that can be read. */
export type StoredDiskState = 'plain' | 'encrypted' | 'unknown';

/** A virtual disk as a datastore has it: a descriptor and the files that hold its data. */
export interface StoredDisk {
  /** The descriptor's path below the folder that was walked; that of the data where there is no descriptor. */
  readonly name: string;
  readonly state: StoredDiskState;
  /** `keyID` of the descriptor: two disks with the same one have the same DEK. Null where there is none. */
  readonly keyId: string | null;
  readonly extents: readonly StoredExtent[];
}

/** One file of data. */
export interface StoredExtent {
  /** Absolute. */
  readonly path: string;
  readonly sizeBytes: number;
}

/** The virtual disks of a folder, and what was met that is not among them. */
export interface StoredDisks {
  readonly disks: readonly StoredDisk[];
  /** Sentences on what could not be counted: a missing extent, a descriptor that does not parse. */
  readonly notes: readonly string[];
}

/** Files of data by their names: flat, delta, split. */
const DATA = /-(?:flat|delta|sesparse|[fs][0-9]{3,4})\.vmdk$/i;

/**
 * Finds the virtual disks in a folder and the folders below it: each descriptor with its extents, then data that no
 * descriptor names. A file of data is counted once, whatever the number of descriptors that name it. Links are not
 * followed, nor are extents in other folders.
 *
 * @param root absolute
 * @throws FileError
 */
export async function findStoredDisks(files: FileSystem, root: string): Promise<StoredDisks> {
  const paths: string[] = [];
  await collectVmdks(files, root, paths);
  const taken = new Set<string>();
  const notes: string[] = [];
  const disks: StoredDisk[] = [];
  const left: string[] = [];
  for (const path of paths) {
    const kind = recognizeFile(await readEnds(files, path));
    if (kind?.id !== 'vmdk-descriptor') {
      left.push(path);
      continue;
    }
    const name = path.slice(root.length + 1);
    try {
      const bytes = await readWhole(files, path, TEXT_FILE_LIMIT_BYTES);
      const descriptor = readDescriptor(decodeText(bytes, name), name);
      const extents: StoredExtent[] = [];
      for (const { fileName } of descriptor.extents) {
        if (fileName === null) continue;
        const found = await findExtent(files, path, fileName);
        if (typeof found === 'string') notes.push(`${name} names ${fileName}, ${found}.`);
        else if (taken.has(found.path)) notes.push(`${name} shares ${fileName} with another descriptor.`);
        else {
          taken.add(found.path);
          extents.push(found);
        }
      }
      const state = hasEncryptionSign(descriptor) ? 'encrypted' : 'plain';
      if (extents.length > 0) disks.push({ name, state, keyId: contentKeyIdOf(descriptor), extents });
    } catch (error) {
      if (!(error instanceof HypervisorError)) throw error;
      notes.push(error.message);
    }
  }
  for (const path of left) {
    if (taken.has(path) || !(await isData(files, path))) continue;
    const { sizeBytes } = await files.lstat(path);
    const name = path.slice(root.length + 1);
    if (DATA.test(path)) notes.push(`${name} is data that no descriptor names.`);
    disks.push({ name, state: 'unknown', keyId: null, extents: [{ path, sizeBytes }] });
  }
  return { disks, notes };
}

async function collectVmdks(files: FileSystem, folder: string, found: string[]): Promise<void> {
  for (const name of await files.readdir(folder)) {
    const path = `${folder}/${name}`;
    const { kind, sizeBytes } = await files.lstat(path);
    if (kind === 'folder') await collectVmdks(files, path, found);
    else if (kind === 'file' && sizeBytes > 0 && /\.vmdk$/i.test(name)) found.push(path);
  }
}

/** The extent, or why it is not counted. */
async function findExtent(files: FileSystem, descriptor: string, fileName: string): Promise<StoredExtent | string> {
  if (!isFileName(fileName)) return 'which is in another place and was not followed';
  const path = `${folderOf(descriptor)}/${fileName}`;
  if (!(await exists(files, path))) return 'which is not there';
  const { kind, sizeBytes } = await files.lstat(path);
  return kind === 'file' ? { path, sizeBytes } : `which is a ${kind} and was not followed`;
}

/** Data of a disk by its name, or a sparse disk by its mark; a map of changed blocks is neither. */
async function isData(files: FileSystem, path: string): Promise<boolean> {
  if (DATA.test(path) && descriptorBeside(path) !== null) return true;
  const kind = recognizeFile(await readEnds(files, path));
  return kind?.id.startsWith('vmdk-') === true && kind.id !== 'vmdk-ctk';
}
