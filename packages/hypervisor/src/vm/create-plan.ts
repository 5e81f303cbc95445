import { type CryptoKeyId, SECTOR_SIZE_BYTES, type SectorCount, type VmName, type VmUuid } from '@vcryptsim/ports';
import type { CryptoSpec } from '../api/crypto-spec.js';
import type { DiskCreateSpec, VmCreateSpec } from '../api/vm.js';
import type { Datastore } from '../datastore/datastore.js';
import { alreadyExists, encryptedDiskOnPlainVm, invalidArgument, keyNotInCache, notSupported } from '../faults.js';
import { isFileName } from '../formats/file-name.js';
import { isUuid } from '../formats/vmware-uuid.js';
import { datastoreNamed, type HostContext } from '../host/host-context.js';
import { DISK_UNITS } from './disk-units.js';
import { distinctKeyIds } from './distinct-key-ids.js';

/** A disk as it will be made. */
export interface DiskPlan {
  /** Unit on `scsi0`. */
  readonly unit: number;
  readonly fileName: string;
  readonly extentFileName: string;
  readonly capacity: SectorCount;
  readonly dataUnitSizeBytes: 512 | 4096;
  readonly keyId: CryptoKeyId | null;
  readonly fill: 'zeros' | 'later';
}

/** A VM as it will be made: everything settled and allowed before the first byte is written. */
export interface VmPlan {
  readonly datastore: Datastore;
  readonly name: VmName;
  readonly uuid: VmUuid;
  readonly guestId: string;
  readonly memoryMiB: number;
  readonly keyId: CryptoKeyId | null;
  readonly disks: readonly DiskPlan[];
}

/**
 * Settles what a spec means and whether this host may do it.
 *
 * @throws HypervisorError INVALID_ARGUMENT, NOT_SUPPORTED, ALREADY_EXISTS, ENCRYPTED_DISK_ON_PLAIN_VM, INVALID_STATE
 *   (host not safe), KEY_NOT_IN_CACHE
 */
export function planVm(spec: VmCreateSpec, host: HostContext): VmPlan {
  if (!isFileName(spec.name)) throw invalidArgument('name', 'The name of a VM must be a valid folder name.');
  if (!isUuid(spec.uuid)) throw invalidArgument('uuid', 'The UUID of a VM is written in lower case, 8-4-4-4-12.');
  if (host.inventory.get(spec.uuid) !== undefined) {
    throw alreadyExists(`A virtual machine with UUID ${spec.uuid}`, 'Unregister it or take another UUID.');
  }
  const memoryMiB = spec.memoryMiB ?? 1024;
  if (!Number.isSafeInteger(memoryMiB) || memoryMiB < 4) {
    throw invalidArgument('memoryMiB', 'The memory of a VM is a whole number of MiB from 4 on.');
  }
  if (spec.disks.length > DISK_UNITS.length) {
    throw invalidArgument('disks', `A VM takes at most ${DISK_UNITS.length} disks.`);
  }
  const keyId = keyIdOf(spec.crypto);
  const disks = spec.disks.map((disk, index) => planDisk(disk, index, spec, keyId));
  const names = new Set(disks.flatMap((disk) => [disk.fileName, disk.extentFileName]));
  if (names.size < disks.length * 2) throw invalidArgument('disks', 'Two disks would have the same file.');
  checkKeys([keyId, ...disks.map((disk) => disk.keyId)], host);
  const guestId = spec.guestId ?? 'otherlinux-64';
  return {
    datastore: datastoreNamed(host, spec.datastore),
    name: spec.name,
    uuid: spec.uuid,
    guestId,
    memoryMiB,
    keyId,
    disks,
  };
}

function planDisk(disk: DiskCreateSpec, index: number, spec: VmCreateSpec, vmKeyId: CryptoKeyId | null): DiskPlan {
  const base = disk.fileName ?? (index === 0 ? spec.name : `${spec.name}_${index}`);
  if (!isFileName(base) || base.endsWith('.vmdk')) {
    throw invalidArgument('disks.fileName', 'The name of a disk must be a valid file name without .vmdk.');
  }
  const dataUnitSizeBytes = disk.dataUnitSizeBytes ?? 512;
  if (disk.capacity < 1 || (disk.capacity * SECTOR_SIZE_BYTES) % dataUnitSizeBytes !== 0) {
    throw invalidArgument(
      'disks.capacity',
      `A disk of ${disk.capacity} sectors is not a whole number of data units of ${dataUnitSizeBytes} bytes.`,
    );
  }
  const keyId = disk.crypto === undefined ? vmKeyId : keyIdOf(disk.crypto);
  if (keyId !== null && vmKeyId === null) throw encryptedDiskOnPlainVm(`${base}.vmdk`);
  const unit = DISK_UNITS[index] ?? index;
  const fill = disk.fill ?? 'zeros';
  return {
    unit,
    fileName: `${base}.vmdk`,
    extentFileName: `${base}-flat.vmdk`,
    capacity: disk.capacity,
    dataUnitSizeBytes,
    keyId,
    fill,
  };
}

function keyIdOf(crypto: CryptoSpec | undefined): CryptoKeyId | null {
  if (crypto === undefined || crypto.type === 'NoOp') return null;
  if (crypto.type === 'Encrypt') return crypto.cryptoKeyId;
  throw notSupported(crypto.type, `A new virtual machine takes the crypto spec Encrypt or NoOp, not ${crypto.type}.`);
}

function checkKeys(ids: readonly (CryptoKeyId | null)[], host: HostContext): void {
  const needed = ids.filter((id) => id !== null);
  if (needed.length === 0) return;
  host.mode.checkSafe();
  const missing = distinctKeyIds(needed).filter((id) => !host.keys.has(id));
  if (missing.length > 0) throw keyNotInCache(missing);
}
