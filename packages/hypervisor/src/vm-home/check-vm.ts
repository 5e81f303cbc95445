import { encryptedDiskOnPlainVm } from '../api/faults.js';
import { checkBetween } from './change/in-place/open-between.js';
import { readNvramFile } from './nvram-file.js';
import { openDiskKey, openHome } from './open-bundle.js';
import type { Opener } from './opener.js';
import type { VmConfig } from './vm-config.js';

/**
 * Opens everything that the keys at hand open, compares it with what the files say in clear, and lets go of it again.
 *
 * @returns true when the VM is locked: the VM-home key is not in the cache
 * @throws HypervisorError every diagnosis of its files; ENCRYPTED_DISK_ON_PLAIN_VM
 */
export async function checkVm(config: VmConfig, opener: Opener): Promise<boolean> {
  if (config.sealedHome === null) {
    await readNvramFile(config, null);
    const encrypted = config.disks.find((disk) => disk.encryption !== null);
    if (encrypted !== undefined) throw encryptedDiskOnPlainVm(encrypted.folder.shown(encrypted.fileName));
    return false;
  }
  const home = openHome(config.sealedHome, config, opener);
  if (home === null) return true;
  try {
    await readNvramFile(config, home.dek);
    for (const disk of config.disks) {
      if (disk.journalFileName !== null) {
        checkBetween(disk, config, home.disks, opener);
        continue;
      }
      const opened = openDiskKey(disk, config, home.disks, opener);
      if (opened !== null && opened !== 'plain') opened.dek.dispose();
    }
  } finally {
    home.dek.dispose();
  }
  return false;
}
