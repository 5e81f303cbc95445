import { type FileHandle, type FileSystem, SECTOR_SIZE_BYTES, type SectorCount } from '@vcryptsim/ports';
import { fileFault } from '../datastore/file-fault.js';
import { invalidArgument } from '../faults.js';
import { composeDescriptor } from '../formats/compose-descriptor.js';
import { isFileName } from '../formats/file-name.js';
import type { HostContext } from '../host/host-context.js';
import { attachDisk, openHomeOrLocked } from '../vm/open-disk.js';
import { loadConfig, requireUnlocked } from '../vm/refresh-vm.js';
import type { RegisteredVm } from '../vm/registered-vm.js';
import { diskAt } from '../vm/vm-config.js';
import { refuseIfLockedElsewhere } from '../vm/vm-lock.js';
import { drawContentId } from './create-disk.js';
import type { DiskBacking } from './disk-backing.js';
import { fillExtent, type ProgressListener } from './fill-extent.js';
import { FlatExtent } from './flat-extent.js';

/** Where a plain copy goes: an absolute folder outside the datastore, and a name without `.vmdk`. */
export interface ExportTarget {
  readonly folder: string;
  readonly name: string;
}

/** A plain copy of a disk. */
export interface ExportedDisk {
  readonly descriptorPath: string;
  readonly extentPath: string;
  readonly capacity: SectorCount;
}

/**
 * Writes a decrypted copy of a powered-off VM's disk as a monolithicFlat VMDK, which qemu-img opens. Files that are
 * there already are not replaced; on failure nothing is left.
 *
 * @throws HypervisorError INVALID_POWER_STATE, VM_LOCKED, DISK_KEY_MISSING, DISK_NOT_FOUND, INVALID_ARGUMENT,
 *   ALREADY_EXISTS, NO_SPACE, DATASTORE_NOT_WRITABLE
 */
export async function exportDisk(
  host: HostContext,
  vm: RegisteredVm,
  deviceKey: number,
  target: ExportTarget,
  onProgress?: ProgressListener,
): Promise<ExportedDisk> {
  vm.checkPoweredOff();
  await requireUnlocked(host, vm);
  if (!isFileName(target.name)) throw invalidArgument('target.name', 'The name of the copy must be a valid file name.');
  const config = await loadConfig(host, vm);
  const disk = diskAt(config, deviceKey);
  await refuseIfLockedElsewhere(vm, config.folder, host);
  const home = openHomeOrLocked(config, host);
  const extentFileName = `${target.name}-flat.vmdk`;
  const descriptor = composeDescriptor({
    createType: 'monolithicFlat',
    contentId: drawContentId(host.entropy),
    uuid: disk.uuid,
    capacity: disk.capacity,
    extentFileName,
  });
  const exported: ExportedDisk = {
    descriptorPath: `${target.folder}/${target.name}.vmdk`,
    extentPath: `${target.folder}/${extentFileName}`,
    capacity: disk.capacity,
  };
  try {
    const source = await attachDisk(disk, config, home, host, 'read');
    try {
      await writeNew(host.files, exported.extentPath, (copy) =>
        copyDisk(source.backing, copy, disk.capacity, onProgress),
      );
      await writeNew(host.files, exported.descriptorPath, async (copy) => {
        await copy.write(new TextEncoder().encode(descriptor), 0);
        await copy.flush();
      }).catch(async (error: unknown) => {
        await host.files.unlink(exported.extentPath).catch(() => {});
        throw error;
      });
    } finally {
      await source.backing.close();
      source.dek?.dispose();
    }
  } finally {
    home?.dek.dispose();
  }
  const sizeBytes = disk.capacity * SECTOR_SIZE_BYTES;
  host.events.emit({ type: 'DISK_EXPORTED', vm: config.uuid, disk: disk.uuid, sizeBytes });
  return exported;
}

async function copyDisk(
  from: DiskBacking,
  to: DiskBacking,
  capacity: SectorCount,
  onProgress?: ProgressListener,
): Promise<void> {
  const sizeBytes = capacity * SECTOR_SIZE_BYTES;
  const read = async (buffer: Uint8Array, offsetBytes: number): Promise<number> => {
    await from.read(buffer, offsetBytes);
    return buffer.length;
  };
  await fillExtent(to, sizeBytes, { sizeBytes, read }, onProgress);
}

/** Makes a file and fills it, or leaves none. */
async function writeNew(files: FileSystem, path: string, fill: (file: FlatExtent) => Promise<void>): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await files.open(path, { access: 'write', create: 'exclusive' });
  } catch (error) {
    throw fileFault(error, path, 'write');
  }
  const file = new FlatExtent(handle, path);
  try {
    await fill(file);
    await file.close();
  } catch (error) {
    await file.close().catch(() => {});
    await files.unlink(path).catch(() => {});
    throw error;
  }
}
