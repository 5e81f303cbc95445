import { type CryptoKeyId, formatKeyId } from '@vcryptsim/ports';
import type { DiskKey } from '../../disk/vmcrypt-filter.js';
import type { SealedDek } from '../../formats/encryption-bundle.js';
import type { DiskConfig } from '../disk-config.js';
import { drawContentKeyId } from '../draw-content-key-id.js';
import { type BoundDisk, diskBinding, FIRST_GENERATION, nextGeneration } from '../key-binding.js';
import { makeSealedDek } from '../seal-dek.js';
import type { ChangedVm } from './changed-vm.js';
import type { DiskFiles } from './name-files.js';

/** Of a disk that was plain until now (docs/decisions/0005). */
const DEFAULT_UNIT_SIZE_BYTES = 512;

/** A new DEK for a disk: open, sealed, and what the VM home has to know of it. The receiver disposes of `key.dek`. */
export interface MadeDek {
  readonly key: DiskKey;
  readonly contentKeyId: string;
  readonly sealed: SealedDek;
  readonly bound: BoundDisk;
}

/**
 * Makes the DEK that a disk is to have next.
 *
 * @param files the disk's files as they will be
 * @param oldKey what encrypts it now, null for nothing
 * @throws HypervisorError KEY_NOT_IN_CACHE
 */
export function makeDiskDek(
  { config, home, sealer }: ChangedVm,
  disk: DiskConfig,
  keyId: CryptoKeyId,
  files: DiskFiles,
  oldKey: DiskKey | null,
): MadeDek {
  const known = home?.disks.get(disk.uuid);
  const generation = known === undefined ? FIRST_GENERATION : nextGeneration(known.generation);
  const dataUnitSizeBytes = oldKey?.dataUnitSizeBytes ?? DEFAULT_UNIT_SIZE_BYTES;
  const contentKeyId = drawContentKeyId(sealer.entropy);
  const binding = diskBinding({
    ...{ vm: config.uuid, uuid: disk.uuid, capacity: disk.capacity, generation, contentKeyId },
    ...{ dataUnitSize: String(dataUnitSizeBytes), extentFileName: files.extentFileName, descriptor: files.fileName },
  });
  const { dek, sealed } = makeSealedDek(`disk ${disk.uuid}`, keyId, binding, sealer);
  const bound = { uuid: disk.uuid, generation, key: formatKeyId(keyId), check: dek.keyCheckValue() };
  return { key: { dek, dataUnitSizeBytes }, contentKeyId, sealed, bound };
}
