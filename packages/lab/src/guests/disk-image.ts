import { HypervisorError } from '@vcryptsim/hypervisor/api';
import { descriptorBeside, readEnds, recognizeFile } from '@vcryptsim/hypervisor/formats';
import { FileError, type FileSystem } from '@vcryptsim/ports';
import { LabError } from '../errors/lab-error.js';
import { badImage } from './bad-image.js';
import type { DiskImage } from './image.js';
import { openRaw } from './raw-image.js';
import { openDescribedVmdk, openSparseVmdk } from './vmdk-image.js';

/** Names that no raw disk has: such a file is cut short, or misnamed. */
const NAMES_OF_OTHERS =
  /\.(vmdk|vdi|qcow2?|qed|vhdx?|ova|ovf|dmg|gz|xz|zst|bz2|zip|7z|tar|tgz|vmx|nvram|vmsn|vmss|vmem)$/i;

/**
 * Opens a raw image or a VMDK, read-only: flat or split by its descriptor, sparse and stream-optimised. What a file is, its bytes say at both ends; raw is
 * what is left, and a file with the name of another format is never taken for raw. A container over a whole disk
 * (LUKS, BitLocker) and a CD image are content of a raw disk.
 *
 * @param path absolute
 * @throws LabError BAD_IMAGE with the reason and the next step, for whatever a user can have wrong
 */
export async function openDiskImage(files: FileSystem, path: string): Promise<DiskImage> {
  try {
    const ends = await readEnds(files, path);
    const kind = recognizeFile(ends);
    if (kind?.id === 'vmdk-descriptor') return await openDescribedVmdk(files, path);
    if (kind?.id === 'vmdk-sparse' || kind?.id === 'vmdk-stream') return await openSparseVmdk(files, path);
    if (kind !== null && kind.role !== 'content') throw badImage(path, `is ${kind.name}`, kind.next(path));
    const [, named] = NAMES_OF_OTHERS.exec(path) ?? [];
    if (named !== undefined && ends.sizeBytes > 0) throw misnamed(path, named.toLowerCase());
    return await openRaw(files, path, 0, null);
  } catch (error) {
    if (error instanceof FileError) throw badImage(error.path, `cannot be read (${reasonOf(error)})`);
    if (error instanceof HypervisorError) throw new LabError('BAD_IMAGE', `The disk image ${error.message}`);
    throw error;
  }
}

function misnamed(path: string, named: string): LabError {
  const descriptor = descriptorBeside(path);
  if (descriptor !== null) {
    return badImage(path, 'is a part of a VMDK', `Name its descriptor instead: --disk '${descriptor}'`);
  }
  const next = `If it is a raw disk all the same, give it a name that ends in .img.`;
  return badImage(path, `has the name of a .${named} file, and none of its marks`, next);
}

function reasonOf(error: FileError): string {
  const reasons: Partial<Record<FileError['code'], string>> = {
    NOT_FOUND: 'there is no such file',
    NOT_PERMITTED: 'you have no permission',
    IS_FOLDER: 'it is a folder',
    IS_LINK: 'it is a symbolic link; name the file itself',
  };
  return reasons[error.code] ?? error.code;
}
