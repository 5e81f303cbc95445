import { fileLocked } from '../api/faults.js';
import type { Life } from './life.js';
import type { FileToLock, LockingHost } from './lock/volume-locks.js';
import type { VmFolder } from './vm-folder.js';

/** What taking a lock of a VM needs of the host. */
export interface VmLockingHost extends Pick<LockingHost, 'identity' | 'life'> {
  /** What living hosts hold on the medium, see live-holders.ts. */
  readonly liveHolders: Map<string, Life>;
}

/**
 * Takes the lock of a VM: of `NAME.vmx.lck` in its folder, which is there and empty while it is locked, as on ESXi. Its
 * locks are the datastore's own (lock/volume-locks.ts). A host takes over what an earlier boot of its own left; what
 * another host left it breaks when that host gave no sign of life for the time that the type of the datastore says, and
 * waits for that long. A host (one UUID) must not run in two processes at once; two living objects of it in one process
 * are told apart.
 *
 * @returns the host whose lock was broken, or null
 * @throws HypervisorError FILE_LOCKED with the holder; what the medium throws
 */
export async function takeVmLock(folder: VmFolder, vmxFileName: string, host: VmLockingHost): Promise<string | null> {
  const { locks } = folder;
  if (locks === null) return null;
  refuseTwin(folder, vmxFileName, host);
  const lockFileName = lockFileOf(vmxFileName);
  host.liveHolders.set(pathOf(folder, vmxFileName), host.life);
  const hold = locks.begin(folder.name, vmxFileName, folder.shown(vmxFileName));
  try {
    const file = fileToLock(folder, lockFileName, vmxFileName);
    const brokenFrom = await locks.add(hold, file);
    if (!(await folder.has(lockFileName))) await folder.writeNew(lockFileName, new Uint8Array());
    await locks.show(hold, file);
    return brokenFrom;
  } catch (error) {
    if (hold.files.length > 0) await releaseVmLock(folder, vmxFileName, host).catch(() => {});
    host.liveHolders.delete(pathOf(folder, vmxFileName));
    throw error;
  }
}

/**
 * Locks files that a VM opens too: the extents of its disks. {@link takeVmLock} comes first; {@link releaseVmLock} gives up
 * these as well.
 *
 * @param files folder and name of each file, and the file that a refusal names: the disk's descriptor. One on another datastore
 *   is not locked
 * @throws HypervisorError FILE_LOCKED with the holder of the first that is locked; what the medium throws
 */
export async function lockVmFiles(
  folder: VmFolder,
  vmxFileName: string,
  files: readonly { readonly folder: VmFolder; readonly fileName: string; readonly shownAs: string }[],
): Promise<void> {
  const hold = folder.locks?.holdOf(folder.name, vmxFileName);
  if (folder.locks === null || hold === undefined) return;
  for (const { folder: at, fileName, shownAs } of files) {
    if (at.locks !== folder.locks) continue;
    const file = fileToLock(at, fileName, shownAs);
    await folder.locks.add(hold, file);
    await folder.locks.show(hold, file);
  }
}

/** Gives the locks of a VM up, if this boot has them; nothing happens where it has none, or lost them. */
export async function releaseVmLock(folder: VmFolder, vmxFileName: string, host: VmLockingHost): Promise<void> {
  const path = pathOf(folder, vmxFileName);
  const hold = folder.locks?.holdOf(folder.name, vmxFileName);
  if (folder.locks === null || hold === undefined) return;
  try {
    await folder.locks.release(hold, async () => {
      const lockFileName = lockFileOf(vmxFileName);
      if (!(await folder.has(lockFileName))) return;
      await folder.remove(lockFileName);
      // With it all that the caller did in the folder and did not wait for.
      await folder.fsync();
    });
  } finally {
    if (host.liveHolders.get(path) === host.life) host.liveHolders.delete(path);
  }
}

/** Refuses with FILE_LOCKED where another host that lives, or another living boot of this one, has the lock; takes nothing. */
export async function refuseIfLockedElsewhere(
  folder: VmFolder,
  vmxFileName: string,
  host: VmLockingHost,
): Promise<void> {
  refuseTwin(folder, vmxFileName, host);
  const file = fileToLock(folder, lockFileOf(vmxFileName), vmxFileName);
  const holder = (await folder.locks?.holderOf(folder.name, file)) ?? null;
  if (holder !== null) {
    throw fileLocked(folder.shown(vmxFileName), holder, folder.locks?.form.timings.staleMs ?? 0);
  }
}

function refuseTwin(folder: VmFolder, vmxFileName: string, { life, liveHolders }: VmLockingHost): void {
  const other = liveHolders.get(pathOf(folder, vmxFileName));
  if (other === undefined || other === life || other.over || other.host !== life.host) return;
  throw fileLocked(folder.shown(vmxFileName), `host ${other.host}`, folder.locks?.form.timings.staleMs ?? 0);
}

function fileToLock(folder: VmFolder, fileName: string, shownAs: string): FileToLock {
  return { fileName, path: `${folder.path}/${fileName}`, shown: folder.shown(shownAs) };
}

function lockFileOf(vmxFileName: string): string {
  return `${vmxFileName}.lck`;
}

function pathOf(folder: VmFolder, vmxFileName: string): string {
  return `${folder.path}/${lockFileOf(vmxFileName)}`;
}
