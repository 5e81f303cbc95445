import { SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import { invalidArgument } from '../faults.js';
import type { HostContext } from '../host/host-context.js';
import { openHomeOrLocked, openKeyOrRefuse } from '../vm/open-disk.js';
import { loadConfig, refreshVm, requireUnlocked } from '../vm/refresh-vm.js';
import type { RegisteredVm } from '../vm/registered-vm.js';
import { type DiskConfig, diskAt, type VmConfig } from '../vm/vm-config.js';
import { releaseVmLock, takeVmLock } from '../vm/vm-lock.js';
import { fillExtent, type ImageSource, type ProgressListener } from './fill-extent.js';
import { FlatExtent } from './flat-extent.js';
import { VmcryptFilter } from './vmcrypt-filter.js';

/**
 * Fills a disk of a powered-off VM from an image, through the IO filter. The new extent is written beside the old one
 * and renamed over it when it is whole and durable, so a cut or a failure leaves the disk as it was.
 *
 * @param source at most as large as the disk; the rest is zeros
 * @throws HypervisorError INVALID_POWER_STATE, VM_LOCKED, DISK_KEY_MISSING, DISK_NOT_FOUND, INVALID_ARGUMENT,
 *   FILE_LOCKED (another host runs the VM), NO_SPACE
 */
export async function importDisk(
  host: HostContext,
  vm: RegisteredVm,
  deviceKey: number,
  source: ImageSource,
  onProgress?: ProgressListener,
): Promise<void> {
  vm.checkPoweredOff();
  await requireUnlocked(host, vm);
  const config = await loadConfig(host, vm);
  const disk = diskAt(config, deviceKey);
  const { folder } = config;
  const sizeBytes = disk.capacity * SECTOR_SIZE_BYTES;
  if (source.sizeBytes > sizeBytes) {
    throw invalidArgument(
      'source',
      `The image has ${source.sizeBytes} bytes, but ${folder.shown(disk.fileName)} only ${sizeBytes}. Make a larger disk.`,
    );
  }
  await takeVmLock(vm, folder, host);
  try {
    await fill(host, config, disk, source, onProgress);
  } finally {
    await releaseVmLock(vm, folder, host);
  }
  host.events.emit({ type: 'DISK_IMPORTED', vm: config.uuid, disk: disk.uuid, sizeBytes: source.sizeBytes });
  await refreshVm(host, vm);
}

async function fill(
  host: HostContext,
  config: VmConfig,
  disk: DiskConfig,
  source: ImageSource,
  onProgress?: ProgressListener,
): Promise<void> {
  const { folder } = config;
  const sizeBytes = disk.capacity * SECTOR_SIZE_BYTES;
  const home = openHomeOrLocked(config, host);
  try {
    const { dek, dataUnitSizeBytes } = openKeyOrRefuse(disk, config, home, host);
    try {
      const beside = `${disk.extentFileName}.importing`;
      if (await folder.has(beside)) await folder.remove(beside);
      const extent = new FlatExtent(await folder.createFile(beside), folder.shown(beside));
      try {
        const backing = dek === null ? extent : new VmcryptFilter(extent, dek, dataUnitSizeBytes);
        await fillExtent(backing, sizeBytes, source, onProgress);
        await extent.close();
        await folder.rename(beside, disk.extentFileName);
      } catch (error) {
        await extent.close().catch(() => {});
        await folder.remove(beside).catch(() => {});
        throw error;
      }
      await folder.fsync();
    } finally {
      dek?.dispose();
    }
  } finally {
    home?.dek.dispose();
  }
}
