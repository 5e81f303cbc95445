import { SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import { invalidArgument } from '../api/faults.js';
import type { ProgressListener } from '../api/work-control.js';
import { releaseVmLock, takeVmLock } from '../datastore/vm-lock.js';
import type { ImageSource } from '../disk/fill-extent.js';
import { replaceExtent } from '../disk/replace-extent.js';
import type { HostContext } from '../host/host-context.js';
import { loadConfig, refreshVm, requireUnlocked } from '../host/refresh-vm.js';
import { openHomeOrLocked, openKeyOrRefuse } from '../vm-home/attach-disk.js';
import type { DiskConfig } from '../vm-home/disk-config.js';
import { refuseLostBundle } from '../vm-home/lost-bundle.js';
import { diskAt, type VmConfig } from '../vm-home/vm-config.js';
import { vmOperation } from './host-operation.js';

/**
 * Fills a disk of a powered-off VM from an image, through the IO filter. The new extent is written beside the old one
 * and renamed over it when it is whole and durable, so a cut or a failure leaves the disk as it was.
 *
 * `source` is at most as large as the disk; the rest is zeros.
 *
 * @throws HypervisorError VM_NOT_FOUND, INVALID_POWER_STATE, VM_LOCKED, DISK_KEY_MISSING, DISK_NOT_FOUND,
 *   INVALID_ARGUMENT, FILE_LOCKED (another host runs the VM), NO_SPACE
 */
export const importDisk = vmOperation<[deviceKey: number, source: ImageSource, onProgress?: ProgressListener], void>({
  vimName: null,
  changesInventory: false,
  perform: async (host, vm, deviceKey, source, onProgress) => {
    vm.checkNoTemplate('written');
    vm.checkPoweredOff();
    await requireUnlocked(host, vm);
    const config = await loadConfig(host, vm);
    await refuseLostBundle(config);
    const disk = diskAt(config, deviceKey);
    const { folder } = config;
    const sizeBytes = disk.capacity * SECTOR_SIZE_BYTES;
    if (source.sizeBytes > sizeBytes) {
      throw invalidArgument(
        'source',
        `The image has ${source.sizeBytes} bytes, but ${disk.folder.shown(disk.fileName)} only ${sizeBytes}. Make a larger disk.`,
      );
    }
    await takeVmLock(folder, vm.path.fileName, host);
    try {
      await fill(host, config, disk, source, onProgress);
    } finally {
      await releaseVmLock(folder, vm.path.fileName, host);
    }
    host.events.emit({ type: 'DISK_IMPORTED', vm: config.uuid, disk: disk.uuid, sizeBytes: source.sizeBytes });
    await refreshVm(host, vm);
  },
});

async function fill(
  host: HostContext,
  config: VmConfig,
  disk: DiskConfig,
  source: ImageSource,
  onProgress?: ProgressListener,
): Promise<void> {
  const home = openHomeOrLocked(config, host);
  try {
    const key = openKeyOrRefuse(disk, config, home, host);
    try {
      await replaceExtent(disk, disk.folder, key, source, onProgress);
    } finally {
      key?.dek.dispose();
    }
  } finally {
    home?.dek.dispose();
  }
}
