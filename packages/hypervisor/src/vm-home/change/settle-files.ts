import { blamesFiles } from '../../api/damage.js';
import { formatVmsd, type Vmsd } from '../../formats/vmsd.js';
import { readSnapshotList, snapshotListOf } from '../snapshots/snapshot-list.js';
import { readVmConfig, type VmConfig } from '../vm-config.js';
import { type ChangeRecord, changeRecordOf, nextListOf, readChangeRecord } from './change-record.js';
import { finishMerge } from './finish-merge.js';
import type { Settled } from './settled.js';
import { usedFiles } from './used-files.js';

/**
 * Brings the folder to what the VMX says, as the record of a change tells what may go: puts the new list of snapshots in its
 * place or away, ends the putting together of two links whose switch has begun, removes what the record names and the VM does
 * not need, then the record. Where a descriptor of a snapshot cannot be read nobody knows what is needed, and all stays.
 *
 * @param names what is in the folder
 * @throws HypervisorError as the folder does
 */
export async function settleFiles(found: VmConfig, names: readonly string[]): Promise<Settled> {
  const { folder, vmxFileName } = found;
  const record = await readChangeRecord(folder, vmxFileName);
  if (record === null) return 'nothing';
  try {
    const isSwitched = await settleList(found, record, names);
    if (record.merge !== undefined) await finishMerge(found, record.merge);
    const config = record.merge === undefined ? found : await readVmConfig(folder, vmxFileName);
    const used = await usedFiles(config, await readSnapshotList(folder, vmxFileName));
    const named = [...record.made, ...record.dropped];
    const unused = new Set(named.filter((name) => names.includes(name) && !used.has(name)));
    for (const name of unused) await folder.remove(name);
    if (unused.size > 0) await folder.fsync();
    // Nothing waits for this to be durable: a record that comes back names files that are gone.
    await folder.remove(changeRecordOf(vmxFileName));
    return isSwitched || isFinished(record, used) ? 'finished' : 'undone';
  } catch (error) {
    if (blamesFiles(error)) return 'nothing';
    throw error;
  }
}

/** By what it made where it made something; else by what it was there to drop. */
function isFinished({ made, dropped, merge }: ChangeRecord, used: ReadonlySet<string>): boolean {
  const isNeeded = (name: string): boolean => used.has(name);
  const isOfDrops = made.length === 0 && dropped.length > 0 && merge === undefined;
  return isOfDrops ? !dropped.some(isNeeded) : made.some(isNeeded);
}

/** @returns whether a new list of snapshots has taken its place, now or earlier */
async function settleList(
  { folder, vmxFileName, disks, nvramFileName }: VmConfig,
  record: ChangeRecord,
  names: readonly string[],
): Promise<boolean> {
  const next = nextListOf(vmxFileName);
  if (record.hasNewList !== true || !names.includes(next)) return false;
  const isSwitched = [nvramFileName, ...disks.map(({ fileName }) => fileName)].some((name) =>
    record.made.includes(name),
  );
  if (isSwitched) await folder.rename(next, snapshotListOf(vmxFileName));
  else await folder.remove(next);
  await folder.fsync();
  return isSwitched;
}

/** Writes a list of snapshots beside the one that is there, durable; the switch of the VMX puts it in its place. */
export async function writeNextList({ folder, vmxFileName }: VmConfig, list: Vmsd): Promise<void> {
  await folder.writeNew(nextListOf(vmxFileName), formatVmsd(list));
}
