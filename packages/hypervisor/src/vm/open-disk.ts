import type { Dek } from '@vcryptsim/crypto-core';
import { SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import type { DiskBacking } from '../disk/disk-backing.js';
import { FlatExtent } from '../disk/flat-extent.js';
import { VmcryptFilter } from '../disk/vmcrypt-filter.js';
import { diskKeyMissing, encryptedDiskOnPlainVm, fileDamaged, vmLocked } from '../faults.js';
import type { HostContext } from '../host/host-context.js';
import { type OpenHome, openDiskKey, openHome } from './open-bundle.js';
import { type DiskConfig, keyIdsOf, type VmConfig } from './vm-config.js';

/** A disk with everything that its bytes go through. The receiver closes the backing and disposes of the DEK. */
export interface OpenDisk {
  readonly backing: DiskBacking;
  /** Null for a plain disk. */
  readonly dek: Dek | null;
}

/** The open home of an encrypted VM, null for a plain one; throws VM_LOCKED. */
export function openHomeOrLocked(config: VmConfig, host: HostContext): OpenHome | null {
  if (config.sealedHome === null) return null;
  const home = openHome(config.sealedHome, config, host);
  if (home !== null) return home;
  throw vmLocked(
    config.name,
    keyIdsOf(config).filter((id) => !host.keys.has(id)),
  );
}

/** The DEK of a disk, null for a plain one; throws DISK_KEY_MISSING and ENCRYPTED_DISK_ON_PLAIN_VM. */
export function openKeyOrRefuse(
  disk: DiskConfig,
  config: VmConfig,
  home: OpenHome | null,
  host: HostContext,
): { dek: Dek | null; dataUnitSizeBytes: 512 | 4096 } {
  const shown = config.folder.shown(disk.fileName);
  if (disk.encryption !== null && home === null) throw encryptedDiskOnPlainVm(shown);
  const opened = openDiskKey(disk, config, home?.generations ?? new Map(), host);
  if (opened === null) throw diskKeyMissing(shown, disk.encryption?.sealed.map(({ keyId }) => keyId) ?? []);
  return opened === 'plain' ? { dek: null, dataUnitSizeBytes: 512 } : opened;
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
  host: HostContext,
  access: 'read' | 'write',
): Promise<OpenDisk> {
  const { dek, dataUnitSizeBytes } = openKeyOrRefuse(disk, config, home, host);
  try {
    const extent = await openExtent(disk, config, host, access);
    return { backing: dek === null ? extent : new VmcryptFilter(extent, dek, dataUnitSizeBytes), dek };
  } catch (error) {
    dek?.dispose();
    throw error;
  }
}

async function openExtent(
  disk: DiskConfig,
  config: VmConfig,
  host: HostContext,
  access: 'read' | 'write',
): Promise<FlatExtent> {
  const shown = config.folder.shown(disk.extentFileName);
  if (!(await config.folder.has(disk.extentFileName))) {
    throw fileDamaged(shown, 'it is missing (a disk that is to be filled later has none before its import)');
  }
  const handle = await config.folder.openFile(disk.extentFileName, access);
  let surplusBytes: number;
  try {
    surplusBytes = (await handle.sizeBytes()) - disk.capacity * SECTOR_SIZE_BYTES;
    if (surplusBytes < 0) throw fileDamaged(shown, `the extent is ${-surplusBytes} bytes shorter than the disk`);
  } catch (error) {
    await handle.close().catch(() => {});
    throw error;
  }
  if (surplusBytes > 0) host.events.emit({ type: 'EXTENT_TOO_LONG', vm: config.uuid, disk: disk.uuid, surplusBytes });
  return new FlatExtent(handle, shown);
}
