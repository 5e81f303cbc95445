import {
  decodeText,
  parseBundle,
  parseDescriptor,
  parseVmsd,
  parseVmwareUuid,
  Vmx,
} from '@vcryptsim/hypervisor/formats';
import { type CryptoKeyId, exists, type FileSystem, folderOf, readWhole } from '@vcryptsim/ports';

const TEXT_BYTES_MAX = 1024 * 1024;

/** A disk in a VMX: any bus, any controller. */
const DISK_FILE = /^(?:scsi|nvme|sata|ide)[0-9]+:[0-9]+\.filename$/i;
/** A file in another folder, as a VMX or a child names it. */
const ELSEWHERE = /^\/vmfs\/volumes\/([^/]+)\/([^/]+)\/([^/]+)$/;
/** More links than a chain has. */
const LINKS_MAX = 64;

/** What the files of one VM say of keys, in clear. */
export interface KeysInFiles {
  /** KEKs that seal the VM home; none of a plain VM. */
  readonly home: readonly CryptoKeyId[];
  /** KEKs that seal a disk's DEK in any of its links, disk by disk; an empty list for a plain disk. */
  readonly disks: readonly (readonly CryptoKeyId[])[];
}

/**
 * Reads the VMX files (and those of templates) under a folder of datastores, and the descriptors that they and their lists of
 * snapshots name, down to the base of each chain.
 *
 * @returns what they say, by the VM's UUID; null for a VM whose files cannot be read
 */
export async function keysInFiles(
  files: FileSystem,
  datastores: string,
): Promise<ReadonlyMap<string, KeysInFiles | null>> {
  const found = new Map<string, KeysInFiles | null>();
  for (const datastore of await files.readdir(datastores)) {
    for (const folder of await foldersIn(files, `${datastores}/${datastore}`)) {
      const vmxFiles = (await files.readdir(folder)).filter((name) => /\.(?:vmx|vmtx)$/.test(name));
      for (const name of vmxFiles) {
        const vmx = await readVmx(files, `${folder}/${name}`);
        const uuid = parseVmwareUuid(vmx?.get('vc.uuid') ?? '');
        if (vmx !== null && uuid !== null) found.set(uuid, await keysOf({ files, datastores, folder }, name, vmx));
      }
    }
  }
  return found;
}

async function foldersIn(files: FileSystem, datastore: string): Promise<string[]> {
  const folders: string[] = [];
  for (const name of await files.readdir(datastore)) {
    const path = `${datastore}/${name}`;
    if ((await files.lstat(path)).kind === 'folder') folders.push(path);
  }
  return folders;
}

/** Where the files of a VM are looked for. */
interface Place {
  readonly files: FileSystem;
  readonly datastores: string;
  readonly folder: string;
}

async function keysOf(place: Place, vmxName: string, vmx: Vmx): Promise<KeysInFiles | null> {
  const { folder } = place;
  const bundle = vmx.get('encryption.bundle');
  try {
    const home = bundle === undefined ? [] : parseBundle(bundle, folder).map(({ keyId }) => keyId);
    const named = vmx.entries().flatMap(([key, value]) => (DISK_FILE.test(key) && /\.vmdk$/i.test(value) ? value : []));
    const disks: (readonly CryptoKeyId[])[] = [];
    for (const name of new Set([...named, ...(await frozenIn(place, vmxName))])) {
      disks.push(await keysOfChain(place, pathFrom(place, folder, name)));
    }
    return { home, disks };
  } catch (error) {
    if (isAboutFile(error)) return null;
    throw error;
  }
}

/** The descriptors that a VM's snapshots froze. */
async function frozenIn({ files, folder }: Place, vmxName: string): Promise<readonly string[]> {
  const path = `${folder}/${vmxName.replace(/\.[^.]*$/, '')}.vmsd`;
  if (!(await exists(files, path))) return [];
  const { snapshots } = parseVmsd(await readWhole(files, path, TEXT_BYTES_MAX), path);
  return snapshots.flatMap(({ disks }) => disks.map(({ fileName }) => fileName));
}

/** The KEKs that the links of a disk name, from one descriptor down to the base. */
async function keysOfChain(place: Place, top: string): Promise<readonly CryptoKeyId[]> {
  const keys: CryptoKeyId[] = [];
  let path: string | null = top;
  for (let links = 0; path !== null && links < LINKS_MAX; links += 1) {
    const text = decodeText(await readWhole(place.files, path, TEXT_BYTES_MAX), path);
    const { header } = parseDescriptor(text, path);
    const sealed = header.get('encryptionkeys');
    if (sealed !== undefined) keys.push(...parseBundle(sealed, path).map(({ keyId }) => keyId));
    const parent = header.get('parentfilenamehint');
    path = parent === undefined ? null : pathFrom(place, folderOf(path), parent);
  }
  return keys;
}

/** Where a file is that a VMX or a descriptor of that folder names. */
function pathFrom({ datastores }: Place, folder: string, name: string): string {
  const [, datastore, other, file] = ELSEWHERE.exec(name) ?? [];
  return file === undefined ? `${folder}/${name}` : `${datastores}/${datastore}/${other}/${file}`;
}

async function readVmx(files: FileSystem, path: string): Promise<Vmx | null> {
  try {
    return Vmx.parse(decodeText(await readWhole(files, path, TEXT_BYTES_MAX), path), path);
  } catch (error) {
    if (isAboutFile(error)) return null;
    throw error;
  }
}

/** A file that is gone or damaged, and not a mistake of ours. */
function isAboutFile(error: unknown): boolean {
  return error instanceof Error && (error.name === 'FileError' || error.name === 'HypervisorError');
}
