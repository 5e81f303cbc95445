import { type FileHandle, type FileSystem, SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import { badImage } from './bad-image.js';
import type { DiskImage } from './image.js';

/**
 * Opens a file, or a part of it, as a disk's bytes as they are.
 *
 * @param wantedBytes null for all there is
 * @throws LabError BAD_IMAGE; FileError
 */
export async function openRaw(
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
