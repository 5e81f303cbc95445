import { type FileSystem, SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import type { ProgressListener } from '../api/work-control.js';
import { composeDescriptor } from '../formats/compose-descriptor.js';
import { StreamOptimizedWriter } from '../formats/stream-optimized.js';
import type { DiskBacking } from './disk-backing.js';
import type { CopiedDisk, ExportedDisk, ExportTarget } from './plain-copy.js';
import { writeNew } from './write-new.js';

/**
 * Writes a decrypted copy of a disk as one streamOptimized VMDK, `NAME.vmdk`, as an OVF has it. A file that is there
 * already is not replaced; on failure nothing is left.
 *
 * @param source the disk in clear
 * @throws HypervisorError ALREADY_EXISTS, NO_SPACE, DATASTORE_NOT_WRITABLE, INVALID_ARGUMENT (more than 2 TiB of data),
 *   and what `source` throws
 */
export async function writeStreamCopy(
  files: FileSystem,
  target: ExportTarget,
  { uuid, capacity, contentId }: CopiedDisk,
  source: DiskBacking,
  onProgress?: ProgressListener,
): Promise<ExportedDisk> {
  const extentFileName = `${target.name}.vmdk`;
  const path = `${target.folder}/${extentFileName}`;
  const descriptor = composeDescriptor({ createType: 'streamOptimized', contentId, uuid, capacity, extentFileName });
  const sizeBytes = capacity * SECTOR_SIZE_BYTES;
  await writeNew(files, path, async (file) => {
    const writer = await StreamOptimizedWriter.begin(file, capacity, descriptor);
    const buffer = new Uint8Array(StreamOptimizedWriter.grainBytes);
    try {
      for (let offsetBytes = 0; offsetBytes < sizeBytes; offsetBytes += buffer.length) {
        const piece = buffer.subarray(0, Math.min(buffer.length, sizeBytes - offsetBytes));
        await source.read(piece, offsetBytes);
        await writer.addGrain(piece);
        onProgress?.(offsetBytes + piece.length, sizeBytes);
      }
    } finally {
      buffer.fill(0);
    }
    await writer.end();
    await file.flush();
  });
  return { descriptorPath: path, extentPath: path, capacity };
}
