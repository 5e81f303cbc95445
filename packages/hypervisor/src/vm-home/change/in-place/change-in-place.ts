import { SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import { canceled } from '../../../api/faults.js';
import type { WorkControl } from '../../../api/work-control.js';
import { noSpace } from '../../../datastore/file-fault.js';
import { WINDOW_SIZE_BYTES } from '../../../disk/turn-window.js';
import type { Sealer } from '../../seal-dek.js';
import { readVmConfig, type VmConfig } from '../../vm-config.js';
import { type Rewritten, rewrittenBy } from '../make-change.js';
import { type ChangePlan, rewritesData } from '../plan-change.js';
import { beginInPlace } from './begin-in-place.js';
import { resumeInPlace } from './resume-in-place.js';

/** Windows are whole pages, because data units are. */
const PAGE_SIZE_BYTES = 4096;
/** Smaller windows cost more flushes than a disk is worth. */
const SMALLEST_WINDOW_SIZE_BYTES = 64 * 1024;
/** Room for records, descriptors, VMX and NVRAM, each once beside itself. */
const SMALL_FILES_BYTES = 128 * 1024;

/**
 * Makes a planned change of VM home and disks, the data of disks written anew where it lies: for a datastore that has no room
 * for a second copy. Canceled, it turns back what it had done.
 *
 * @throws HypervisorError as `makeChange`, RECORD_TAMPERED; after a failure in the middle the next start goes on
 */
export async function changeInPlace(
  config: VmConfig,
  plan: ChangePlan,
  sealer: Sealer,
  control: WorkControl,
): Promise<Rewritten> {
  const { folder, vmxFileName } = config;
  await beginInPlace(config, plan, sealer, await windowSizeFor(config, plan));
  const outcome = await resumeInPlace(await readVmConfig(folder, vmxFileName), sealer, control);
  if (outcome === 'undone') throw canceled();
  return rewrittenBy(plan);
}

/** The largest window for which there is room, twice a disk; throws NO_SPACE. */
async function windowSizeFor({ folder, vmxFileName }: VmConfig, plan: ChangePlan): Promise<number> {
  const disks = plan.disks.filter(({ change }) => rewritesData(change)).map(({ disk }) => disk);
  const largestBytes = Math.max(...disks.map(({ capacity }) => capacity * SECTOR_SIZE_BYTES), 1);
  const wanted = Math.min(WINDOW_SIZE_BYTES, inPages(largestBytes + PAGE_SIZE_BYTES - 1));
  const journalBytes = ((await folder.freeBytes()) - SMALL_FILES_BYTES) / Math.max(1, disks.length);
  const room = inPages((journalBytes - 2 * PAGE_SIZE_BYTES) / 2);
  if (room < Math.min(wanted, SMALLEST_WINDOW_SIZE_BYTES)) throw noSpace(folder.shown(vmxFileName), folder.path);
  return Math.min(wanted, room);
}

function inPages(bytes: number): number {
  return Math.floor(bytes / PAGE_SIZE_BYTES) * PAGE_SIZE_BYTES;
}
