import { HypervisorError } from '@vcryptsim/hypervisor/api';
import {
  decodeText,
  descriptorBeside,
  isFileName,
  NO_CONTENT_KEY,
  normalContentKeyId,
  qemuImgLine,
  readDescriptor,
  readEnds,
  recognizeFile,
} from '@vcryptsim/hypervisor/formats';
import { FileError, type FileHandle, type FileSystem, folderOf, readWhole, SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import { LabError } from '../errors/lab-error.js';

/** A source of disk content, read-only. */
export interface DiskImage {
  /** A whole number of sectors. */
  readonly sizeBytes: number;
  /** Fills `buffer` from `offsetBytes`; answers how many bytes there were. */
  read(buffer: Uint8Array, offsetBytes: number): Promise<number>;
  close(): Promise<void>;
}

const DESCRIPTOR_BYTES_MAX = 16 * 1024 * 1024;
/** Names that no raw disk has: such a file is cut short, or misnamed. */
const NAMES_OF_OTHERS =
  /\.(vmdk|vdi|qcow2?|qed|vhdx?|ova|ovf|dmg|gz|xz|zst|bz2|zip|7z|tar|tgz|vmx|nvram|vmsn|vmss|vmem)$/i;

/**
 * Opens a raw image, or a flat VMDK by its descriptor, read-only. What a file is, its bytes say at both ends; raw is
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
    if (kind?.id === 'vmdk-descriptor') return await openFlatVmdk(files, path);
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

async function openFlatVmdk(files: FileSystem, path: string): Promise<DiskImage> {
  const { header, ddb, extents } = readDescriptor(
    decodeText(await readWhole(files, path, DESCRIPTOR_BYTES_MAX), path),
    path,
  );
  const hasKey = normalContentKeyId(header.get('keyid') ?? NO_CONTENT_KEY) !== NO_CONTENT_KEY;
  if (hasKey || header.has('encryptionkeys') || (ddb.get('iofilters') ?? '').includes('vmwarevmcrypt')) {
    throw badImage(path, 'is an encrypted VMDK', 'Export it in clear first, on a host that has its keys.');
  }
  const convert = `Convert it first: ${qemuImgLine(path, 'vmdk')}`;
  const [extent, ...more] = extents;
  if (extent === undefined || more.length > 0 || !(extent.type === 'FLAT' || extent.type === 'VMFS')) {
    throw badImage(path, 'is not a VMDK of one flat extent', convert);
  }
  const name = extent.fileName ?? '';
  if (/^\\\\|^\/dev\//.test(name)) {
    throw badImage(path, `maps a device ('${name}'), which is not opened`, 'Copy the device into a raw image first.');
  }
  if (!isFileName(name)) {
    throw badImage(path, `names an extent elsewhere ('${name}'), which is not followed`, convert);
  }
  return openRaw(
    files,
    `${folderOf(path)}/${name}`,
    (extent.offsetSectors ?? 0) * SECTOR_SIZE_BYTES,
    extent.sectors * SECTOR_SIZE_BYTES,
  );
}

async function openRaw(
  files: FileSystem,
  path: string,
  startBytes: number,
  wantedBytes: number | null,
): Promise<DiskImage> {
  const handle = await files.open(path, { access: 'read' });
  try {
    const sizeBytes = wantedBytes ?? (await handle.sizeBytes());
    await checkSize(handle, path, startBytes, sizeBytes);
    return {
      sizeBytes,
      read: (buffer, offsetBytes) => {
        const leftBytes = Math.max(0, sizeBytes - offsetBytes);
        return handle.pread(buffer.subarray(0, Math.min(buffer.length, leftBytes)), startBytes + offsetBytes);
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function checkSize(handle: FileHandle, path: string, startBytes: number, sizeBytes: number): Promise<void> {
  const thereBytes = await handle.sizeBytes();
  if (thereBytes === 0) {
    // A pipe and a block device have no size either.
    const says = 'is empty, or a pipe or a device; a disk image is a file with at least one sector of 512 bytes';
    throw badImage(path, says, 'Copy what you mean into a file first.');
  }
  if (sizeBytes === 0 || sizeBytes % SECTOR_SIZE_BYTES !== 0) {
    const rest = sizeBytes % SECTOR_SIZE_BYTES;
    throw badImage(
      path,
      `has ${sizeBytes} bytes, which is not a multiple of 512 (${rest} too many); it may be cut short`,
    );
  }
  if (startBytes + sizeBytes > thereBytes) {
    throw badImage(path, `has ${thereBytes} bytes, but its descriptor says ${startBytes + sizeBytes}`);
  }
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

function badImage(path: string, what: string, next?: string): LabError {
  return new LabError('BAD_IMAGE', `The disk image ${path} ${what}.${next === undefined ? '' : ` ${next}`}`);
}
