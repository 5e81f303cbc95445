import {
  type DescriptorExtent,
  decodeText,
  hasEncryptionSign,
  isFileName,
  qemuImgLine,
  readDescriptor,
  SparseImage,
  sparseHeaderOf,
  TEXT_FILE_LIMIT_BYTES,
  type VmdkDescriptor,
} from '@vcryptsim/hypervisor/formats';
import { type FileHandle, type FileSystem, folderOf, readWhole, SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import { badImage } from './bad-image.js';
import type { DiskImage } from './image.js';
import { type ImagePiece, PiecedImage } from './image-pieces.js';
import { openRaw } from './raw-image.js';

/** Longest embedded descriptor that is read; 20 sectors in practice. */
const EMBEDDED_BYTES_MAX = 1024 * 1024;

/**
 * Opens a VMDK by its descriptor: extents of types FLAT, VMFS, SPARSE and ZERO, one or several, in the descriptor's own
 * folder. Each is opened once, so that whatever is wrong with one is told before anything is read.
 *
 * @throws LabError BAD_IMAGE; HypervisorError FILE_DAMAGED, NOT_SUPPORTED; FileError
 */
export async function openDescribedVmdk(files: FileSystem, path: string): Promise<DiskImage> {
  const text = decodeText(await readWhole(files, path, TEXT_FILE_LIMIT_BYTES), path);
  const descriptor = readDescriptor(text, path);
  refuseWhatIsNoWholeDisk(descriptor, path);
  if (descriptor.extents.length === 0) throw badImage(path, 'is a descriptor without an extent');
  const pieces: ImagePiece[] = [];
  for (const extent of descriptor.extents) {
    const open = pieceOf(files, path, extent);
    await (await open?.())?.close();
    pieces.push({ sizeBytes: extent.sectors * SECTOR_SIZE_BYTES, open });
  }
  return new PiecedImage(pieces);
}

/**
 * Opens a VMDK that is one file: monolithicSparse or streamOptimized.
 *
 * @throws LabError BAD_IMAGE; HypervisorError FILE_DAMAGED, NOT_SUPPORTED; FileError
 */
export async function openSparseVmdk(files: FileSystem, path: string): Promise<DiskImage> {
  return withHandle(files, path, async (handle) => {
    const embedded = await embeddedDescriptor(handle);
    if (embedded !== '') refuseWhatIsNoWholeDisk(readDescriptor(embedded, path), path);
    return sparseImage(handle, path);
  });
}

function refuseWhatIsNoWholeDisk(descriptor: VmdkDescriptor, path: string): void {
  if (hasEncryptionSign(descriptor)) {
    throw badImage(path, 'is an encrypted VMDK', 'Export it in clear first, on a host that has its keys.');
  }
  const parent = descriptor.header.get('parentcid') ?? 'ffffffff';
  if (!/^f{8}$/i.test(parent)) {
    const hint = descriptor.header.get('parentfilenamehint');
    const of = hint === undefined ? '' : ` of ${hint}`;
    throw badImage(path, `holds only what changed since a snapshot${of}`, convertFirst(path));
  }
}

function convertFirst(path: string): string {
  return `Convert it first: ${qemuImgLine(path, 'vmdk')}`;
}

/** How an extent is opened; null for zeros. */
function pieceOf(files: FileSystem, path: string, extent: DescriptorExtent): (() => Promise<DiskImage>) | null {
  const { type, fileName, sectors, offsetSectors } = extent;
  if (type === 'ZERO') return null;
  const isRead = type === 'FLAT' || type === 'VMFS' || type === 'SPARSE';
  if (!isRead || fileName === null) {
    throw badImage(path, `has an extent of type ${type}, which is not read here`, convertFirst(path));
  }
  if (/^\\\\|^\/dev\//.test(fileName)) {
    const next = 'Copy the device into a raw image first.';
    throw badImage(path, `maps a device ('${fileName}'), which is not opened`, next);
  }
  if (!isFileName(fileName)) {
    throw badImage(path, `names an extent elsewhere ('${fileName}'), which is not followed`, convertFirst(path));
  }
  const extentPath = `${folderOf(path)}/${fileName}`;
  const sizeBytes = sectors * SECTOR_SIZE_BYTES;
  if (type !== 'SPARSE') return () => openRaw(files, extentPath, (offsetSectors ?? 0) * SECTOR_SIZE_BYTES, sizeBytes);
  return () =>
    withHandle(files, extentPath, async (handle) => {
      const image = await sparseImage(handle, extentPath);
      if (image.sizeBytes >= sizeBytes) return image;
      throw badImage(extentPath, `is a disk of ${image.sizeBytes} bytes, but its descriptor says ${sizeBytes}`);
    });
}

async function sparseImage(handle: FileHandle, path: string): Promise<DiskImage> {
  const image = await SparseImage.open(handle, path);
  return {
    sizeBytes: image.sizeBytes,
    read: (buffer, offsetBytes) => image.read(buffer, offsetBytes),
    close: () => handle.close(),
  };
}

/** The text of the descriptor inside a sparse file, empty where there is none. */
async function embeddedDescriptor(handle: FileHandle): Promise<string> {
  const head = new Uint8Array(SECTOR_SIZE_BYTES);
  const header = sparseHeaderOf(head.subarray(0, await handle.pread(head, 0)));
  if (header === null || header.descriptorOffset === 0) return '';
  const bytes = new Uint8Array(Math.min(EMBEDDED_BYTES_MAX, header.descriptorSize * SECTOR_SIZE_BYTES));
  const count = await handle.pread(bytes, header.descriptorOffset * SECTOR_SIZE_BYTES);
  const end = bytes.subarray(0, count).indexOf(0);
  return decodeText(bytes.subarray(0, end < 0 ? count : end), 'descriptor');
}

/** What `use` makes of an open file that stays open with it; on failure it is closed. */
async function withHandle<T>(files: FileSystem, path: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await files.open(path, { access: 'read' });
  try {
    return await use(handle);
  } catch (error) {
    await handle.close();
    throw error;
  }
}
