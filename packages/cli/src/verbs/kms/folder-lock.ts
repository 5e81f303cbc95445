import {
  type Clock,
  exists,
  FileError,
  type FileSystem,
  type FolderLock,
  type LockHolder,
  NetworkError,
} from '@vcryptsim/ports';
import { OsFolderLocks, UnixSocket } from '@vcryptsim/ports/os';
import { CliError, EXIT } from '../../exit.js';

const ADMINISTRATION_MS_MAX = 10_000;
const LOOK_AGAIN_MS = 50;

/** What a process does with a key server's folder: serve it, or change it for a moment while nobody serves it. */
export type LockPurpose = 'serve' | 'administration';

/**
 * Keeps other processes out of a key server's folder, or says which one is in it.
 *
 * @throws CliError environment when the folder cannot hold a lock, or an earlier version serves it; FileError
 */
export async function tryLock(
  files: FileSystem,
  folder: string,
  mine: { readonly purpose: LockPurpose },
): Promise<FolderLock | { readonly holder: LockHolder }> {
  const lock = await take(folder, mine.purpose);
  if ('holder' in lock) return lock;
  try {
    await clearOldLock(files, folder);
    return lock;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/**
 * Locks a folder in order to serve it. An administrator's verb that is just at work is waited for.
 *
 * @throws CliError environment, naming the other process; FileError
 */
export async function lockToServe(files: FileSystem, folder: string, clock: Clock): Promise<FolderLock> {
  const untilMs = clock.nowMs + ADMINISTRATION_MS_MAX;
  for (;;) {
    const lock = await tryLock(files, folder, { purpose: 'serve' });
    if ('release' in lock) return lock;
    const { holder } = lock;
    if (holder.purpose === 'serve' || clock.nowMs >= untilMs) throw inUse(folder, holder);
    await clock.after(LOOK_AGAIN_MS);
  }
}

/** Names a process as far as it is known. */
export function processOf({ pid }: LockHolder): string {
  return pid === null ? 'a process' : `process ${pid}`;
}

function inUse(folder: string, holder: LockHolder): CliError {
  const who = holder.purpose === 'administration' ? 'Another command' : 'Another key server';
  const nextStep = 'End it first, or choose another folder with --dir DIR.';
  return new CliError(EXIT.environment, `${who} (${processOf(holder)}) has ${folder}.`, nextStep);
}

async function take(folder: string, purpose: LockPurpose): Promise<FolderLock | { readonly holder: LockHolder }> {
  try {
    return await new OsFolderLocks().take(folder, purpose);
  } catch (error) {
    if (!(error instanceof FileError && error.operation === 'lock' && error.code === 'IO')) throw error;
    const reason = error.systemCode === undefined ? '' : ` (${error.systemCode})`;
    const message = `${folder} cannot be locked${reason}: its file system may have no sockets.`;
    throw new CliError(EXIT.environment, message, 'Choose a folder on a local disk with --dir DIR.');
  }
}

/** Up to version 0.1.0 a process wrote its ID into `serve.lock`. One that still serves answers at `admin.sock`. */
async function clearOldLock(files: FileSystem, folder: string): Promise<void> {
  const path = `${folder}/serve.lock`;
  if (!(await exists(files, path))) return;
  try {
    await (await new UnixSocket().connect(`${folder}/admin.sock`)).close();
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    return files.unlink(path);
  }
  throw inUse(folder, { pid: null, purpose: 'serve' });
}
