import { SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import type { WorkControl } from '../../api/work-control.js';
import { noSpace } from '../../datastore/file-fault.js';
import { openHomeOrLocked } from '../attach-disk.js';
import type { BoundDisk } from '../key-binding.js';
import type { Sealer } from '../seal-dek.js';
import type { VmConfig } from '../vm-config.js';
import { changeDisk } from './change-disk.js';
import { changeHome } from './change-home.js';
import type { ChangedVm } from './changed-vm.js';
import { commitChange } from './commit-change.js';
import { type NewFiles, nameNewFiles } from './name-files.js';
import { type ChangePlan, rewritesData } from './plan-change.js';

/** Room for the small files of a change. */
const SMALL_FILES_BYTES = 64 * 1024;

/** What a change wrote anew. */
export interface Rewritten {
  readonly disks: number;
  readonly bytes: number;
}

/**
 * Makes a planned change of VM home and disks, the data of disks written anew beside the old.
 *
 * @throws HypervisorError VM_LOCKED, DISK_KEY_MISSING, KEY_NOT_IN_CACHE, CANCELED, NO_SPACE, every diagnosis of its files;
 *   SwitchUnknown
 */
export async function makeChange(
  config: VmConfig,
  plan: ChangePlan,
  sealer: Sealer,
  control: WorkControl,
): Promise<Rewritten> {
  const { folder, vmxFileName } = config;
  const disks = plan.disks.filter(({ change }) => rewritesData(change)).map(({ disk }) => disk);
  const files = nameNewFiles(config, await folder.names(), { disks, hasNewExtents: true, home: plan.home });
  const rewritten = rewrittenBy(plan);
  await refuseWithoutRoom(config, rewritten.bytes);
  const home = openHomeOrLocked(config, sealer);
  try {
    const writeBeside = () => writeFiles({ config, home, sealer }, plan, files, rewritten.bytes, control);
    await commitChange({ folder, vmxFileName, record: files.record, writeBeside }, sealer);
  } finally {
    home?.dek.dispose();
  }
  return rewritten;
}

/** How much a plan writes anew. */
export function rewrittenBy(plan: ChangePlan): Rewritten {
  const disks = plan.disks.filter(({ change }) => rewritesData(change));
  return { disks: disks.length, bytes: disks.reduce((sum, { disk }) => sum + disk.capacity * SECTOR_SIZE_BYTES, 0) };
}

/** Throws NO_SPACE where the medium has no room for so many bytes and the small files. */
export async function refuseWithoutRoom({ folder, vmxFileName }: VmConfig, bytes: number): Promise<void> {
  const isRoom = (await folder.freeBytes()) >= bytes + SMALL_FILES_BYTES;
  if (!isRoom) throw noSpace(folder.shown(vmxFileName), folder.path);
}

/** All files of the change but the VMX, which it returns. */
async function writeFiles(
  vm: ChangedVm,
  plan: ChangePlan,
  files: NewFiles,
  totalBytes: number,
  control: WorkControl,
): Promise<Uint8Array> {
  const encrypted: BoundDisk[] = [];
  let doneBytes = 0;
  for (const each of plan.disks) {
    const onProgress = (bytes: number): void => control.onProgress?.(doneBytes + bytes, totalBytes);
    const bound = await changeDisk(vm, each, files.disks.get(each.disk.deviceKey), { ...control, onProgress });
    if (rewritesData(each.change)) doneBytes += each.disk.capacity * SECTOR_SIZE_BYTES;
    if (bound !== null) encrypted.push(bound);
  }
  return changeHome(vm, plan.home, encrypted, files);
}
