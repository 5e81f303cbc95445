import { type CryptoKeyId, SECTOR_SIZE_BYTES, type SectorCount, type VmName, type VmUuid } from '@vcryptsim/ports';
import type { CryptoSpec } from '../api/crypto-spec.js';
import { encryptedDiskOnPlainVm, invalidArgument, notSupported } from '../api/faults.js';
import type { DiskCreateSpec, VmCreateSpec } from '../api/vm.js';
import { isFileName } from '../formats/file-name.js';
import { isUuid } from '../formats/vmware-uuid.js';
import type { DiskPlan } from './create-disk.js';
import { distinctKeyIds } from './distinct-key-ids.js';
import { DEFAULT_MEMORY_MIB, isMemoryMiB, MEMORY_RANGE } from './memory-size.js';
import { FreeNodes } from './place-disk.js';

/** 2 TB: from there on VMFS5 and NFS have no vmfsSparse snapshots (facts/vsphere-formats.md Q2). */
const CAPACITY_LIMIT_SECTORS = 2 ** 32;

/** A VM as it will be made: everything settled before the first byte is written. */
export interface VmPlan {
  readonly name: VmName;
  readonly uuid: VmUuid;
  readonly guestId: string;
  readonly memoryMiB: number;
  /** The KEK of the VM home, or null for a plain VM. */
  readonly keyId: CryptoKeyId | null;
  readonly disks: readonly DiskPlan[];
}

/**
 * Settles what a spec means, whatever host is to make it.
 *
 * @throws HypervisorError INVALID_ARGUMENT, NOT_SUPPORTED, ENCRYPTED_DISK_ON_PLAIN_VM
 */
export function planVm(spec: VmCreateSpec): VmPlan {
  if (!isFileName(spec.name)) throw invalidArgument('name', 'The name of a VM must be a valid folder name.');
  if (!isUuid(spec.uuid)) throw invalidArgument('uuid', 'The UUID of a VM is written in lower case, 8-4-4-4-12.');
  const memoryMiB = spec.memoryMiB ?? DEFAULT_MEMORY_MIB;
  if (!isMemoryMiB(memoryMiB)) {
    throw invalidArgument('memoryMiB', `The memory of a VM is a whole number of MiB ${MEMORY_RANGE}.`);
  }
  const keyId = keyIdOf(spec.crypto);
  const nodes = new FreeNodes([]);
  const disks = spec.disks.map((disk, index) => planDisk(disk, index, spec, keyId, nodes));
  const names = new Set(disks.flatMap((disk) => [disk.fileName, disk.extentFileName]));
  if (names.size < disks.length * 2) throw invalidArgument('disks', 'Two disks would have the same file.');
  return { name: spec.name, uuid: spec.uuid, guestId: spec.guestId ?? 'otherlinux-64', memoryMiB, keyId, disks };
}

/** The KEKs that a plan needs, each once. */
export function keysNeededFor({ keyId, disks }: VmPlan): readonly CryptoKeyId[] {
  return distinctKeyIds([keyId, ...disks.map((disk) => disk.keyId)].filter((id) => id !== null));
}

function planDisk(
  disk: DiskCreateSpec,
  index: number,
  spec: VmCreateSpec,
  vmKeyId: CryptoKeyId | null,
  nodes: FreeNodes,
): DiskPlan {
  const base = disk.fileName ?? (index === 0 ? spec.name : `${spec.name}_${index}`);
  if (!isFileName(base) || base.endsWith('.vmdk')) {
    throw invalidArgument('disks.fileName', 'The name of a disk must be a valid file name without .vmdk.');
  }
  const dataUnitSizeBytes = disk.dataUnitSizeBytes ?? 512;
  checkCapacity(disk.capacity, dataUnitSizeBytes, 'disks.capacity');
  const keyId = disk.crypto === undefined ? vmKeyId : keyIdOf(disk.crypto);
  if (keyId !== null && vmKeyId === null) throw encryptedDiskOnPlainVm(`${base}.vmdk`);
  return {
    node: nodes.take(disk, 'disks'),
    mode: disk.mode ?? 'persistent',
    fileName: `${base}.vmdk`,
    extentFileName: `${base}-flat.vmdk`,
    capacity: disk.capacity,
    dataUnitSizeBytes,
    keyId,
    fill: disk.fill ?? 'zeros',
    provisioning: disk.provisioning ?? 'eagerZeroedThick',
  };
}

/**
 * Refuses a capacity that is no whole number of data units, with INVALID_ARGUMENT, and one of 2 TB or more, with NOT_SUPPORTED.
 *
 * @param what names the argument
 */
export function checkCapacity(capacity: SectorCount, dataUnitSizeBytes: number, what: string): void {
  if (capacity >= CAPACITY_LIMIT_SECTORS) {
    throw notSupported(
      'capacity',
      `A disk of ${capacity} sectors has 2 TB or more: its snapshots would be of the format seSparse, which is not served. Make it smaller.`,
    );
  }
  if (capacity >= 1 && (capacity * SECTOR_SIZE_BYTES) % dataUnitSizeBytes === 0) return;
  throw invalidArgument(
    what,
    `A disk of ${capacity} sectors is not a whole number of data units of ${dataUnitSizeBytes} bytes.`,
  );
}

/** The key of what is new, null for none; throws NOT_SUPPORTED for a spec that a new thing does not take. */
export function keyIdOf(crypto: CryptoSpec | undefined): CryptoKeyId | null {
  if (crypto === undefined || crypto.type === 'NoOp') return null;
  if (crypto.type === 'Encrypt') return crypto.cryptoKeyId;
  throw notSupported(
    crypto.type,
    `A new virtual machine or disk takes the crypto spec Encrypt or NoOp, not ${crypto.type}.`,
  );
}
