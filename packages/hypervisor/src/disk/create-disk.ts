import { Dek } from '@vcryptsim/crypto-core';
import { type CryptoKeyId, type DiskUuid, type Entropy, SECTOR_SIZE_BYTES, type VmUuid } from '@vcryptsim/ports';
import type { VmFolder } from '../datastore/vm-folder.js';
import { keyNotInCache } from '../faults.js';
import { composeDescriptor } from '../formats/compose-descriptor.js';
import { formatBundle } from '../formats/encryption-bundle.js';
import type { HostContext } from '../host/host-context.js';
import type { DiskPlan } from '../vm/create-plan.js';
import { diskBinding, FIRST_GENERATION } from '../vm/key-binding.js';
import { fillExtent } from './fill-extent.js';
import { FlatExtent } from './flat-extent.js';
import { VmcryptFilter } from './vmcrypt-filter.js';

/**
 * Makes a disk's files: the extent first, durable, then the descriptor that names it.
 *
 * @returns the disk's UUID, new
 * @throws HypervisorError NO_SPACE, DATASTORE_NOT_WRITABLE; the caller takes the folder away
 */
export async function createDisk(plan: DiskPlan, vm: VmUuid, folder: VmFolder, host: HostContext): Promise<DiskUuid> {
  const uuid = drawDiskUuid(host.entropy);
  const sealed = plan.keyId === null ? null : makeDek(plan, plan.keyId, vm, uuid, host);
  try {
    if (plan.fill === 'zeros') {
      const extent = new FlatExtent(await folder.createFile(plan.extentFileName), folder.shown(plan.extentFileName));
      try {
        const backing = sealed === null ? extent : new VmcryptFilter(extent, sealed.dek, plan.dataUnitSizeBytes);
        await fillExtent(backing, plan.capacity * SECTOR_SIZE_BYTES, null);
      } finally {
        await extent.close();
      }
    }
  } finally {
    sealed?.dek.dispose();
  }
  const descriptor = composeDescriptor({
    createType: 'vmfs',
    contentId: drawContentId(host.entropy),
    uuid,
    capacity: plan.capacity,
    extentFileName: plan.extentFileName,
    ...(sealed === null ? {} : { encryption: { ...sealed, dataUnitSizeBytes: plan.dataUnitSizeBytes } }),
  });
  await folder.writeNew(plan.fileName, new TextEncoder().encode(descriptor));
  return uuid;
}

/** Draws a content ID that is neither "no parent" nor "never written". */
export function drawContentId(entropy: Entropy): number {
  const [a = 0, b = 0, c = 0, d = 0] = entropy.public(4, 'content ID');
  return ((a & 0x7f) << 24) | (b << 16) | (c << 8) | d;
}

/** Disk UUIDs of VMware begin with 6000C29. */
function drawDiskUuid(entropy: Entropy): DiskUuid {
  const bytes = entropy.public(13, 'disk UUID');
  const hex = `6000c29${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`.slice(0, 32);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-') as DiskUuid;
}

function makeDek(
  plan: DiskPlan,
  keyId: CryptoKeyId,
  vm: VmUuid,
  uuid: DiskUuid,
  { engine, entropy, keys }: HostContext,
): { dek: Dek; keyId: CryptoKeyId; bundle: string } {
  const kek = keys.get(keyId);
  // Asked for again: it may have been removed by force while the disks before this one were written.
  if (kek === undefined) throw keyNotInCache([keyId]);
  const binding = diskBinding({
    ...plan,
    vm,
    uuid,
    dataUnitSize: String(plan.dataUnitSizeBytes),
    generation: FIRST_GENERATION,
    descriptor: plan.fileName,
  });
  const draw = (lengthBytes: number): Uint8Array => entropy.secret(lengthBytes, `DEK of disk ${uuid}`);
  const { dek, locked } = Dek.make({ engine, draw, kek, binding, iv: entropy.public(16, 'IV of locked data') });
  return { dek, keyId, bundle: formatBundle({ keyId, locked }) };
}
