import { type Clock, FileError, type FileSystem, makeFolders, readWhole } from '@vcryptsim/ports';
import { CliError, EXIT } from '../../exit.js';

const LOCK_BYTES_MAX = 64;
const ADMINISTRATION_MS_MAX = 10_000;
const LOOK_AGAIN_MS = 50;

/** What a process does with the folder that it locks: serve it, or change it for a moment while nobody serves it. */
export type LockPurpose = 'serve' | 'administration';

/** A folder that is ours. */
export interface FolderLock {
  release(): Promise<void>;
}

/** Another process whose folder it is. */
export interface LockHolder {
  readonly pid: number;
  readonly purpose: LockPurpose;
}

/**
 * Keeps other processes out of a key server's folder, or says which one is in it: `DIR/serve.lock` holds one line,
 * `PROCESS-ID PURPOSE`. A lock whose process is gone was left by a cut and is taken over.
 *
 * @throws FileError
 */
export async function tryLock(
  files: FileSystem,
  folder: string,
  mine: LockHolder,
): Promise<FolderLock | { readonly holder: LockHolder }> {
  await makeFolders(files, folder);
  const path = `${folder}/serve.lock`;
  for (let attempt = 0; ; attempt++) {
    if (await publish(files, path, mine)) return { release: () => files.unlink(path) };
    const holder = await readHolder(files, path);
    if (holder && (isAlive(holder.pid) || attempt > 0)) return { holder };
    if (holder) await files.unlink(path);
  }
}

/**
 * Locks a folder in order to serve it. An administrator's verb that is just at work is waited for.
 *
 * @throws CliError environment, naming the other process; FileError
 */
export async function lockToServe(files: FileSystem, folder: string, pid: number, clock: Clock): Promise<FolderLock> {
  const untilMs = clock.nowMs + ADMINISTRATION_MS_MAX;
  for (;;) {
    const lock = await tryLock(files, folder, { pid, purpose: 'serve' });
    if ('release' in lock) return lock;
    const { holder } = lock;
    if (holder.purpose === 'serve' || clock.nowMs >= untilMs) {
      throw new CliError(
        EXIT.environment,
        `Another ${holder.purpose === 'serve' ? 'key server' : 'command'} (process ${holder.pid}) serves ${folder}.`,
        'End it first, or choose another folder with --dir DIR.',
      );
    }
    await clock.after(LOOK_AGAIN_MS);
  }
}

/** Puts the lock there whole, so that nobody reads an empty one; false when there is one already. */
async function publish(files: FileSystem, path: string, { pid, purpose }: LockHolder): Promise<boolean> {
  const beside = `${path}.${pid}`;
  const handle = await files.open(beside, { access: 'write', create: 'if-missing' });
  try {
    await handle.pwrite(new TextEncoder().encode(`${pid} ${purpose}\n`), 0);
    await files.link(beside, path);
    return true;
  } catch (error) {
    if (error instanceof FileError && error.code === 'EXISTS') return false;
    throw error;
  } finally {
    await handle.close();
    await files.unlink(beside);
  }
}

async function readHolder(files: FileSystem, path: string): Promise<LockHolder | null> {
  try {
    const [pid, purpose] = new TextDecoder()
      .decode(await readWhole(files, path, LOCK_BYTES_MAX))
      .trim()
      .split(' ');
    return { pid: Number(pid), purpose: purpose === 'administration' ? purpose : 'serve' };
  } catch (error) {
    // It was released between our two looks.
    if (error instanceof FileError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process that is not ours to signal is alive too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
