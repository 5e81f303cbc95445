import type { Dek } from '@vcryptsim/crypto-core';
import {
  type CryptoKeyId,
  type DiskUuid,
  type Entropy,
  formatKeyId,
  type SectorCount,
  type VmUuid,
} from '@vcryptsim/ports';
import type { DiskMode } from '../api/device-change.js';
import type { Provisioning } from '../api/provisioning.js';
import type { WorkControl } from '../api/work-control.js';
import type { VmFolder } from '../datastore/vm-folder.js';
import { drawContentId } from '../disk/content-id.js';
import { createExtent } from '../disk/create-extent.js';
import { composeDescriptor } from '../formats/compose-descriptor.js';
import { formatBundle } from '../formats/encryption-bundle.js';
import type { DiskNode } from './disk-node.js';
import { drawContentKeyId } from './draw-content-key-id.js';
import { type BoundDisk, diskBinding, FIRST_GENERATION } from './key-binding.js';
import { makeSealedDek, type Sealer } from './seal-dek.js';

/** A disk as it will be made. */
export interface DiskPlan {
  readonly node: DiskNode;
  readonly mode: DiskMode;
  readonly fileName: string;
  readonly extentFileName: string;
  readonly capacity: SectorCount;
  readonly dataUnitSizeBytes: 512 | 4096;
  readonly keyId: CryptoKeyId | null;
  readonly fill: 'zeros' | 'later';
  readonly provisioning: Provisioning;
}

/**
 * Makes a disk's files: the extent first, durable, then the descriptor that names it.
 *
 * @returns what the VM home has to know of an encrypted disk, null for a plain one
 * @throws HypervisorError NO_SPACE, DATASTORE_NOT_WRITABLE, CANCELED; the caller takes the folder away
 */
export async function createDisk(
  plan: DiskPlan,
  vm: VmUuid,
  folder: VmFolder,
  sealer: Sealer,
  control: WorkControl,
): Promise<BoundDisk | null> {
  const uuid = drawDiskUuid(sealer.entropy);
  const { dataUnitSizeBytes } = plan;
  const sealed = plan.keyId === null ? null : makeDek(plan, plan.keyId, vm, uuid, sealer);
  try {
    const key = sealed === null ? null : { dek: sealed.dek, dataUnitSizeBytes };
    if (plan.fill === 'zeros') await createExtent(plan, folder, key, control);
  } finally {
    sealed?.dek.dispose();
  }
  const descriptor = composeDescriptor({
    createType: 'vmfs',
    contentId: drawContentId(sealer.entropy),
    uuid,
    capacity: plan.capacity,
    extentFileName: plan.extentFileName,
    isThin: plan.provisioning === 'thin',
    ...(sealed === null ? {} : { encryption: { ...sealed, dataUnitSizeBytes } }),
  });
  await folder.writeNew(plan.fileName, new TextEncoder().encode(descriptor));
  if (sealed === null || plan.keyId === null) return null;
  const check = sealed.dek.keyCheckValue();
  return { uuid, generation: FIRST_GENERATION, key: formatKeyId(plan.keyId), check };
}

/** Disk UUIDs of VMware begin with 6000C29. */
export function drawDiskUuid(entropy: Entropy): DiskUuid {
  const bytes = entropy.public(13, 'disk UUID');
  const hex = `6000c29${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`.slice(0, 32);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-') as DiskUuid;
}

function makeDek(
  plan: DiskPlan,
  keyId: CryptoKeyId,
  vm: VmUuid,
  uuid: DiskUuid,
  sealer: Sealer,
): { dek: Dek; contentKeyId: string; bundle: string } {
  const contentKeyId = drawContentKeyId(sealer.entropy);
  const binding = diskBinding({
    ...plan,
    vm,
    uuid,
    dataUnitSize: String(plan.dataUnitSizeBytes),
    generation: FIRST_GENERATION,
    contentKeyId,
    descriptor: plan.fileName,
  });
  const { dek, sealed } = makeSealedDek(`disk ${uuid}`, keyId, binding, sealer);
  return { dek, contentKeyId, bundle: formatBundle([sealed]) };
}
