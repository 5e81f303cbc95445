import { Dek } from '@vcryptsim/crypto-core';
import { type Clock, SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import { keyNotInCache } from '../api/faults.js';
import type { WorkControl } from '../api/work-control.js';
import type { VmFolder } from '../datastore/vm-folder.js';
import type { SealedDek } from '../formats/encryption-bundle.js';
import { composeVmx } from './compose-vmx.js';
import { createDisk, type Sealer } from './create-disk.js';
import { type BoundDisk, FIRST_GENERATION, homeBinding } from './key-binding.js';
import { composeNvramFile, firstNvram } from './nvram-file.js';
import { beginLog } from './vm-log.js';
import type { VmPlan } from './vm-plan.js';

/** What making the files of a VM needs of the host. */
export interface HomeMaker extends Sealer {
  readonly clock: Clock;
}

/**
 * Makes the files of a new VM in its folder: disks, log, NVRAM, then the VMX, each durable before the next.
 *
 * @throws HypervisorError CANCELED, KEY_NOT_IN_CACHE, NO_SPACE, DATASTORE_NOT_WRITABLE; the caller takes the folder away
 */
export async function writeVmHome(
  plan: VmPlan,
  folder: VmFolder,
  vmxFileName: string,
  maker: HomeMaker,
  control: WorkControl,
): Promise<void> {
  const encrypted: BoundDisk[] = [];
  const totalBytes = plan.disks.reduce((sum, disk) => sum + disk.capacity * SECTOR_SIZE_BYTES, 0);
  let doneBytes = 0;
  for (const disk of plan.disks) {
    const onProgress = (bytes: number) => control.onProgress?.(doneBytes + bytes, totalBytes);
    const bound = await createDisk(disk, plan.uuid, folder, maker, { ...control, onProgress });
    doneBytes += disk.capacity * SECTOR_SIZE_BYTES;
    if (bound !== null) encrypted.push(bound);
  }
  await beginLog(folder, maker.clock, `Created virtual machine ${plan.uuid}.`);
  const nvramFileName = `${plan.name}.nvram`;
  const home = makeHomeDek(plan, encrypted, maker);
  try {
    const nvram = composeNvramFile(firstNvram(plan.uuid), plan.uuid, home?.dek ?? null, maker.entropy);
    await folder.writeNew(nvramFileName, nvram);
  } finally {
    home?.dek.dispose();
  }
  const vmx = composeVmx(plan, nvramFileName, home?.sealed ?? null);
  await folder.writeNew(vmxFileName, new TextEncoder().encode(vmx.toText()));
  await folder.fsync();
}

function makeHomeDek(
  plan: VmPlan,
  disks: readonly BoundDisk[],
  { engine, entropy, keys }: Sealer,
): { dek: Dek; sealed: SealedDek } | null {
  if (plan.keyId === null) return null;
  const kek = keys.get(plan.keyId);
  if (kek === undefined) throw keyNotInCache([plan.keyId]);
  const draw = (lengthBytes: number): Uint8Array => entropy.secret(lengthBytes, `DEK of VM home ${plan.uuid}`);
  const iv = entropy.public(16, 'IV of locked data');
  const { dek, locked } = Dek.make({ engine, draw, kek, binding: homeBinding(plan.uuid, FIRST_GENERATION, disks), iv });
  return { dek, sealed: { keyId: plan.keyId, locked } };
}
