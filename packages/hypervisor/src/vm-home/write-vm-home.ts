import { type Clock, SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import type { WorkControl } from '../api/work-control.js';
import type { VmFolder } from '../datastore/vm-folder.js';
import { composeVmx } from './compose-vmx.js';
import { createDisk } from './create-disk.js';
import { type BoundDisk, FIRST_GENERATION, homeBinding } from './key-binding.js';
import { composeNvramFile, firstNvram } from './nvram-file.js';
import { makeSealedDek, type SealedNewDek, type Sealer } from './seal-dek.js';
import { snapshotListOf } from './snapshots/snapshot-list.js';
import { drawSwapPath } from './swap-name.js';
import { beginLog } from './vm-log.js';
import type { VmPlan } from './vm-plan.js';

/** What making the files of a VM needs of the host. */
export interface HomeMaker extends Sealer {
  readonly clock: Clock;
}

/**
 * Makes the files of a new VM in its folder: disks, log, an empty list of snapshots, NVRAM, then the VMX, each durable before
 * the next.
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
  // Of an empty file only the name has to be durable, with the folder.
  await (await folder.createFile(snapshotListOf(vmxFileName))).close();
  const nvramFileName = `${plan.name}.nvram`;
  const home = makeHomeDek(plan, encrypted, maker);
  try {
    const nvram = composeNvramFile(firstNvram(plan.uuid), plan.uuid, home?.dek ?? null, maker.entropy);
    await folder.writeNew(nvramFileName, nvram);
  } finally {
    home?.dek.dispose();
  }
  const swapPath = drawSwapPath(folder, vmxFileName, maker.entropy);
  const vmx = composeVmx(plan, nvramFileName, swapPath, home?.sealed ?? null);
  await folder.writeNew(vmxFileName, new TextEncoder().encode(vmx.toText()));
  await folder.fsync();
}

function makeHomeDek(plan: VmPlan, disks: readonly BoundDisk[], sealer: Sealer): SealedNewDek | null {
  if (plan.keyId === null) return null;
  const binding = homeBinding(plan.uuid, FIRST_GENERATION, disks);
  return makeSealedDek(`VM home ${plan.uuid}`, plan.keyId, binding, sealer);
}
