import { assert, SECTOR_SIZE_BYTES } from '@vcryptsim/ports';
import { diskKeyMissing } from '../../../api/faults.js';
import type { WorkControl } from '../../../api/work-control.js';
import { openExtent } from '../../../disk/open-extent.js';
import { rewriteInPlace } from '../../../disk/rewrite-in-place.js';
import { RewriteJournal } from '../../../disk/rewrite-journal.js';
import { openHomeOrLocked } from '../../attach-disk.js';
import type { DiskConfig } from '../../disk-config.js';
import type { OpenHome } from '../../open-bundle.js';
import type { Sealer } from '../../seal-dek.js';
import { missingKeysOf, type VmConfig } from '../../vm-config.js';
import type { ChangedVm } from '../changed-vm.js';
import { SwitchUnknown } from '../commit-change.js';
import { finishInPlace } from './finish-in-place.js';
import { journalContext } from './journal-binding.js';
import { openBetween } from './open-between.js';

/** How a rewrite in place ended. */
export type RewriteOutcome = 'nothing' | 'done' | 'undone';

/**
 * Goes on with a rewrite in place that was begun, from where its journals say that it is, and ends it: forward, or back when
 * it is canceled or was on its way back already. Of several disks all end on the same side.
 *
 * @param config the VM as its files are now
 * @returns `nothing` where no disk is being rewritten
 * @throws HypervisorError VM_LOCKED, DISK_KEY_MISSING, RECORD_TAMPERED, DESCRIPTOR_MISMATCH and the like, as the folder does:
 *   nothing was written that the next start does not go on from; SwitchUnknown
 */
export async function resumeInPlace(config: VmConfig, sealer: Sealer, control: WorkControl): Promise<RewriteOutcome> {
  const disks = config.disks.filter(({ journalFileName }) => journalFileName !== null);
  if (disks.length === 0) return 'nothing';
  const home = openHomeOrLocked(config, sealer);
  assert(home !== null, 'a disk with a journal is encrypted, and so is its VM');
  try {
    const vm = { config, home, sealer };
    const outcome = await rewriteAll(vm, disks, control);
    await finishInPlace(vm, disks, outcome);
    return outcome;
  } finally {
    home.dek.dispose();
  }
}

type OpenVm = ChangedVm & { readonly home: OpenHome };

/** Rewrites one disk after another; once one goes back, all do. */
async function rewriteAll(vm: OpenVm, disks: readonly DiskConfig[], control: WorkControl): Promise<'done' | 'undone'> {
  const back = new AbortController();
  if (await isOneOnItsWayBack(vm, disks)) back.abort();
  const signals = control.signal === undefined ? [back.signal] : [back.signal, control.signal];
  const signal = AbortSignal.any(signals);
  const totalBytes = disks.reduce((sum, disk) => sum + sizeOf(disk), 0);
  let doneBytes = 0;
  for (const disk of disks) {
    const onProgress = (bytes: number): void => control.onProgress?.(doneBytes + bytes, totalBytes);
    if ((await rewriteDisk(vm, disk, { signal, onProgress })) === 'undone') back.abort();
    doneBytes += sizeOf(disk);
  }
  if (!back.signal.aborted) return 'done';
  for (const disk of disks) await rewriteDisk(vm, disk, { signal: back.signal });
  return 'undone';
}

function sizeOf({ capacity }: DiskConfig): number {
  return capacity * SECTOR_SIZE_BYTES;
}

async function isOneOnItsWayBack(vm: OpenVm, disks: readonly DiskConfig[]): Promise<boolean> {
  for (const disk of disks) {
    const isBack = await withDisk(vm, disk, async ({ journal }) => journal.state.way === 'back');
    if (isBack) return true;
  }
  return false;
}

function rewriteDisk(vm: OpenVm, disk: DiskConfig, control: WorkControl): Promise<'done' | 'undone'> {
  const { engine } = vm.sealer;
  return withDisk(vm, disk, async ({ journal, from, to }) => {
    const { extent } = await openExtent(disk, vm.config.folder, 'write');
    try {
      const keys = { oldKey: from, newKey: to, keepsHoles: disk.isThin };
      const rewrite = { extent, sizeBytes: sizeOf(disk), ...keys, journal, engine };
      return await rewriteInPlace(rewrite, control);
    } catch (error) {
      throw journal.isUncertain ? new SwitchUnknown('', { cause: error }) : error;
    } finally {
      await extent.close();
    }
  });
}

/** A disk between two keys, with both and its journal open. */
interface OpenedDisk extends NonNullable<ReturnType<typeof openBetween>> {
  readonly journal: RewriteJournal;
}

async function withDisk<T>(
  { config, home, sealer }: OpenVm,
  disk: DiskConfig,
  work: (opened: OpenedDisk) => Promise<T>,
): Promise<T> {
  const shown = disk.folder.shown(disk.fileName);
  const keys = openBetween(disk, config, home.disks, sealer);
  if (keys === null) throw diskKeyMissing(shown, missingKeysOf(config, sealer.keys));
  try {
    const journal = await openJournal(config, disk, home, keys);
    try {
      return await work({ ...keys, journal });
    } finally {
      await journal.close();
    }
  } finally {
    keys.from?.dek.dispose();
    keys.to?.dek.dispose();
  }
}

async function openJournal(
  config: VmConfig,
  disk: DiskConfig,
  home: OpenHome,
  { from, to }: NonNullable<ReturnType<typeof openBetween>>,
): Promise<RewriteJournal> {
  const { folder } = config;
  const bound = home.disks.get(disk.uuid);
  const [first, ...more] = [from, to].flatMap((key) => (key === null ? [] : [key.dek]));
  assert(first !== undefined && bound !== undefined && disk.journalFileName !== null, 'it was opened just now');
  const windowSizeBytes = await RewriteJournal.windowSizeOf(folder, disk.journalFileName);
  const context = journalContext(disk, config, bound, windowSizeBytes);
  return RewriteJournal.open(folder, disk.journalFileName, { context, windowSizeBytes, deks: [first, ...more] });
}
