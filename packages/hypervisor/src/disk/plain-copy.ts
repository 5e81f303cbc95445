import { type DiskUuid, type FileSystem, SECTOR_SIZE_BYTES, type SectorCount } from '@vcryptsim/ports';
import type { ProgressListener } from '../api/work-control.js';
import { composeDescriptor } from '../formats/compose-descriptor.js';
import type { DiskBacking } from './disk-backing.js';
import { type FilledBacking, fillExtent } from './fill-extent.js';
import { writeNew } from './write-new.js';

/** Where a plain copy goes: an absolute folder outside the datastore, and a name without `.vmdk`. */
export interface ExportTarget {
  readonly folder: string;
  readonly name: string;
  /** `monolithicFlat` (default): descriptor and flat extent; `streamOptimized`: one file with deflated grains, for an OVF. */
  readonly format?: 'monolithicFlat' | 'streamOptimized';
}

/** A plain copy of a disk. */
export interface ExportedDisk {
  readonly descriptorPath: string;
  readonly extentPath: string;
  readonly capacity: SectorCount;
}

/** The disk that is copied. */
export interface CopiedDisk {
  readonly uuid: DiskUuid;
  readonly capacity: SectorCount;
  /** Of the copy's descriptor. */
  readonly contentId: number;
}

/**
 * Writes a decrypted copy of a disk as a monolithicFlat VMDK, which qemu-img opens: its extent first, durable, then the
 * descriptor. Files that are there already are not replaced; on failure nothing is left.
 *
 * @param source the disk in clear
 * @throws HypervisorError ALREADY_EXISTS, NO_SPACE, DATASTORE_NOT_WRITABLE, and what `source` throws
 */
export async function writePlainCopy(
  files: FileSystem,
  target: ExportTarget,
  { uuid, capacity, contentId }: CopiedDisk,
  source: DiskBacking,
  onProgress?: ProgressListener,
): Promise<ExportedDisk> {
  const extentFileName = `${target.name}-flat.vmdk`;
  const [descriptorPath, extentPath] = [`${target.folder}/${target.name}.vmdk`, `${target.folder}/${extentFileName}`];
  const descriptor = composeDescriptor({ createType: 'monolithicFlat', contentId, uuid, capacity, extentFileName });
  await writeNew(files, extentPath, (copy) => copyDisk(source, copy, capacity, onProgress));
  await writeNew(files, descriptorPath, async (copy) => {
    await copy.write(new TextEncoder().encode(descriptor), 0);
    await copy.flush();
  }).catch(async (error: unknown) => {
    await files.unlink(extentPath).catch(() => {});
    throw error;
  });
  return { descriptorPath, extentPath, capacity };
}

async function copyDisk(
  from: DiskBacking,
  to: FilledBacking,
  capacity: SectorCount,
  onProgress?: ProgressListener,
): Promise<void> {
  const sizeBytes = capacity * SECTOR_SIZE_BYTES;
  const read = async (buffer: Uint8Array, offsetBytes: number): Promise<number> => {
    await from.read(buffer, offsetBytes);
    return buffer.length;
  };
  await fillExtent(to, sizeBytes, { sizeBytes, read }, onProgress === undefined ? {} : { onProgress });
}
