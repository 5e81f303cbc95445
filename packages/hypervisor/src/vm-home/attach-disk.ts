import type { EventSink } from '@vcryptsim/ports';
import type { HostEvent } from '../api/events.js';
import { diskKeyMissing, encryptedDiskOnPlainVm, vmLocked } from '../api/faults.js';
import type { DiskBacking } from '../disk/disk-backing.js';
import type { RunBuffers } from '../disk/run-buffers.js';
import { type DiskKey, throughFilter } from '../disk/vmcrypt-filter.js';
import type { DiskConfig } from './disk-config.js';
import { type OpenHome, openDiskKey, openHome } from './open-bundle.js';
import { openLinks } from './open-links.js';
import type { Opener } from './opener.js';
import { missingKeysOf, type VmConfig } from './vm-config.js';

/** What attaching a disk needs of the host. */
export interface DiskOpener extends Opener {
  readonly events: EventSink<HostEvent>;
  readonly buffers: RunBuffers;
}

/** A disk with everything that its bytes go through. The receiver closes the backing and disposes of the key's DEK. */
export interface OpenDisk {
  readonly backing: DiskBacking;
  /** Null for a plain disk. */
  readonly key: DiskKey | null;
}

/** The open home of an encrypted VM, null for a plain one; throws VM_LOCKED. */
export function openHomeOrLocked(config: VmConfig, opener: Opener): OpenHome | null {
  if (config.sealedHome === null) return null;
  const home = openHome(config.sealedHome, config, opener);
  if (home !== null) return home;
  throw vmLocked(config.name, missingKeysOf(config, opener.keys));
}

/** The key of a disk, null for a plain one; throws DISK_KEY_MISSING and ENCRYPTED_DISK_ON_PLAIN_VM. */
export function openKeyOrRefuse(
  disk: DiskConfig,
  config: VmConfig,
  home: OpenHome | null,
  opener: Opener,
): DiskKey | null {
  const shown = disk.folder.shown(disk.fileName);
  if (disk.encryption !== null && home === null) throw encryptedDiskOnPlainVm(shown);
  const opened = openDiskKey(disk, config, home?.disks ?? new Map(), opener);
  if (opened === null) throw diskKeyMissing(shown, disk.encryption?.sealed.map(({ keyId }) => keyId) ?? []);
  return opened === 'plain' ? null : opened;
}

/**
 * Opens a disk: its key, its extent, and the IO filter between them where it is encrypted.
 *
 * @throws HypervisorError as {@link openKeyOrRefuse}; FILE_DAMAGED when the extent is missing or too short
 */
export async function attachDisk(
  disk: DiskConfig,
  config: VmConfig,
  home: OpenHome | null,
  opener: DiskOpener,
  access: 'read' | 'write',
): Promise<OpenDisk> {
  const key = openKeyOrRefuse(disk, config, home, opener);
  try {
    const { extent, surplusBytes } = await openLinks(disk, access);
    if (surplusBytes > 0) {
      opener.events.emit({ type: 'EXTENT_TOO_LONG', vm: config.uuid, disk: disk.uuid, surplusBytes });
    }
    return { backing: throughFilter(extent, key, opener.buffers), key };
  } catch (error) {
    key?.dek.dispose();
    throw error;
  }
}
