import { FileError, type FileHandle, type FileSystem, folderOf, readWhole, SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import { RunError } from '../run/run-error.js';

/** A source of disk content, read-only. */
export interface DiskImage {
  /** A whole number of sectors. */
  readonly sizeBytes: number;
  /** Fills `buffer` from `offsetBytes`; answers how many bytes there were. */
  read(buffer: Uint8Array, offsetBytes: number): Promise<number>;
  close(): Promise<void>;
}

const DESCRIPTOR_BYTES_MAX = 64 * 1024;

/** First bytes of formats that hold a disk in another shape than it has. */
const OTHER_FORMATS: readonly (readonly [magic: string, name: string])[] = [
  ['KDMV', 'a sparse VMDK'],
  ['COWD', 'a COWD sparse VMDK'],
  ['QFI\u00fb', 'a qcow2 image'],
  ['conectix', 'a VHD image'],
  ['vhdxfile', 'a VHDX image'],
];

/** `RW 131072 FLAT "disk-flat.vmdk" 0` or `RW 131072 VMFS "disk-flat.vmdk"` */
const EXTENT = /^\s*(?:RW|RDONLY)\s+(\d+)\s+([A-Z]+)(?:\s+"([^"]*)"(?:\s+(\d+))?)?/;

/**
 * Opens a raw image, or a flat VMDK by its descriptor, read-only.
 *
 * @param path absolute
 * @throws RunError BAD_IMAGE with the reason and the next step, for whatever a user can have wrong
 */
export async function openDiskImage(files: FileSystem, path: string): Promise<DiskImage> {
  try {
    const head = await readHead(files, path);
    const text = new TextDecoder('latin1').decode(head);
    const other = OTHER_FORMATS.find(([magic]) => text.startsWith(magic));
    if (other !== undefined) {
      throw badImage(path, `is ${other[1]}. Convert it first: qemu-img convert -O raw '${path}' disk.img`);
    }
    if (/^\s*# Disk DescriptorFile/i.test(text)) return await openFlatVmdk(files, path);
    return await openRaw(files, path, 0, null);
  } catch (error) {
    if (error instanceof FileError) throw badImage(error.path, `cannot be read (${reasonOf(error)})`);
    throw error;
  }
}

async function readHead(files: FileSystem, path: string): Promise<Uint8Array> {
  const handle = await files.open(path, { access: 'read' });
  try {
    const head = new Uint8Array(512);
    return head.subarray(0, await handle.pread(head, 0));
  } finally {
    await handle.close();
  }
}

async function openFlatVmdk(files: FileSystem, path: string): Promise<DiskImage> {
  const text = new TextDecoder().decode(await readWhole(files, path, DESCRIPTOR_BYTES_MAX));
  if (/^\s*(?:encryptionKeys|keyID)\s*=/im.test(text)) {
    throw badImage(path, 'is an encrypted VMDK; export it in clear first, with its keys at hand');
  }
  const extents = text.split(/\r?\n/).flatMap((line) => EXTENT.exec(line) ?? []);
  const [, count = '', kind = '', name = '', offset = '0'] = extents;
  if (extents.length !== 5 || !(kind === 'FLAT' || kind === 'VMFS')) {
    throw badImage(
      path,
      `is not a VMDK of one flat extent. Convert it first: qemu-img convert -O raw '${path}' disk.img`,
    );
  }
  if (name.includes('/') || name === '' || name === '..') throw badImage(path, `names an extent elsewhere ('${name}')`);
  return openRaw(
    files,
    `${folderOf(path)}/${name}`,
    Number(offset) * SECTOR_SIZE_BYTES,
    Number(count) * SECTOR_SIZE_BYTES,
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
  if (thereBytes === 0) throw badImage(path, 'is empty; a disk has at least one sector of 512 bytes');
  if (sizeBytes === 0 || sizeBytes % SECTOR_SIZE_BYTES !== 0) {
    const rest = sizeBytes % SECTOR_SIZE_BYTES;
    throw badImage(path, `has ${sizeBytes} bytes, which is not a multiple of 512 (${rest} too many); is it cut short`);
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

function badImage(path: string, what: string): RunError {
  return new RunError('BAD_IMAGE', `The disk image ${path} ${what}.`);
}
