import { decodeText, parseBundle, parseDescriptor, parseVmwareUuid, Vmx } from '@vcryptsim/hypervisor/formats';
import type { CryptoKeyId, FileSystem } from '@vcryptsim/ports';
import { readWhole } from '@vcryptsim/ports';

const TEXT_BYTES_MAX = 1024 * 1024;

/** What the files of one VM say of keys, in clear. */
export interface KeysInFiles {
  /** KEKs that seal the VM home; none of a plain VM. */
  readonly home: readonly CryptoKeyId[];
  /** KEKs that seal a disk's DEK, disk by disk; an empty list for a plain disk. */
  readonly disks: readonly (readonly CryptoKeyId[])[];
}

/**
 * Reads the VMX files under a folder of datastores, and the descriptors that they name.
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
      const vmxFiles = (await files.readdir(folder)).filter((name) => name.endsWith('.vmx'));
      for (const name of vmxFiles) {
        const vmx = await readVmx(files, `${folder}/${name}`);
        const uuid = parseVmwareUuid(vmx?.get('vc.uuid') ?? '');
        if (vmx !== null && uuid !== null) found.set(uuid, await keysOf(files, folder, vmx));
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

async function keysOf(files: FileSystem, folder: string, vmx: Vmx): Promise<KeysInFiles | null> {
  const bundle = vmx.get('encryption.bundle');
  const disks: (readonly CryptoKeyId[])[] = [];
  try {
    const home = bundle === undefined ? [] : parseBundle(bundle, folder).map(({ keyId }) => keyId);
    for (let unit = 0; unit < 16; unit++) {
      const name = vmx.get(`scsi0:${unit}.fileName`);
      if (name === undefined) continue;
      const path = `${folder}/${name}`;
      const { header } = parseDescriptor(decodeText(await readWhole(files, path, TEXT_BYTES_MAX), path), path);
      const sealed = header.get('encryptionkeys');
      disks.push(sealed === undefined ? [] : parseBundle(sealed, path).map(({ keyId }) => keyId));
    }
    return { home, disks };
  } catch (error) {
    if (isAboutFile(error)) return null;
    throw error;
  }
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
