import { SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import { invalidArgument } from '../api/faults.js';
import type { ProgressListener } from '../api/work-control.js';
import { refuseIfLockedElsewhere } from '../datastore/vm-lock.js';
import { drawContentId } from '../disk/content-id.js';
import { type ExportedDisk, type ExportTarget, writePlainCopy } from '../disk/plain-copy.js';
import { writeStreamCopy } from '../disk/stream-copy.js';
import { isFileName } from '../formats/file-name.js';
import { loadConfig, requireUnlocked } from '../host/refresh-vm.js';
import { attachDisk, openHomeOrLocked } from '../vm-home/attach-disk.js';
import { refuseLostBundle } from '../vm-home/lost-bundle.js';
import { diskAt } from '../vm-home/vm-config.js';
import { vmOperation } from './host-operation.js';

/**
 * Writes a decrypted copy of a powered-off VM's disk as a VMDK that qemu-img opens, monolithicFlat or streamOptimized. Files that are
 * there already are not replaced; on failure nothing is left.
 *
 * @throws HypervisorError VM_NOT_FOUND, INVALID_POWER_STATE, VM_LOCKED, DISK_KEY_MISSING, DISK_NOT_FOUND,
 *   INVALID_ARGUMENT, FILE_LOCKED (another host runs the VM), ALREADY_EXISTS, NO_SPACE, DATASTORE_NOT_WRITABLE
 */
export const exportDisk = vmOperation<
  [deviceKey: number, target: ExportTarget, onProgress?: ProgressListener],
  ExportedDisk
>({
  vimName: null,
  changesInventory: false,
  perform: async (host, vm, deviceKey, target, onProgress) => {
    vm.checkNotRunning();
    await requireUnlocked(host, vm);
    if (!isFileName(target.name)) {
      throw invalidArgument('target.name', 'The name of the copy must be a valid file name.');
    }
    const config = await loadConfig(host, vm);
    await refuseLostBundle(config);
    const disk = diskAt(config, deviceKey);
    await refuseIfLockedElsewhere(config.folder, vm.path.fileName, host);
    const home = openHomeOrLocked(config, host);
    let exported: ExportedDisk;
    try {
      const { backing, key } = await attachDisk(disk, config, home, host, 'read');
      try {
        const copied = { ...disk, contentId: drawContentId(host.entropy) };
        const write = target.format === 'streamOptimized' ? writeStreamCopy : writePlainCopy;
        exported = await write(host.files, target, copied, backing, onProgress);
      } finally {
        await backing.close();
        key?.dek.dispose();
      }
    } finally {
      home?.dek.dispose();
    }
    const sizeBytes = disk.capacity * SECTOR_SIZE_BYTES;
    host.events.emit({ type: 'DISK_EXPORTED', vm: config.uuid, disk: disk.uuid, sizeBytes });
    return exported;
  },
});
