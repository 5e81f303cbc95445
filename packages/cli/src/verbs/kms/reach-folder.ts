import { resolve } from 'node:path';
import { type Administrator, AdminLink, KeyServer } from '@vcryptsim/kms';
import { exists } from '@vcryptsim/ports';
import { OsFileSystem, SystemClock, SystemEntropy, SystemKeyPairs, UnixSocket } from '@vcryptsim/ports/os';
import { CliError, EXIT } from '../../exit.js';
import { processOf, tryLock } from './folder-lock.js';

const PATIENCE_MS = 10_000;
const LOOK_AGAIN_MS = 50;

/** Options of every verb that works on a key server's objects. */
export interface FolderOptions {
  readonly dir: string;
  readonly rootKey?: string;
}

/**
 * Gets at a key server's folder: through the server that runs on it, else by itself, with the folder's lock held. Waits
 * for a server that is just starting and for another verb that is at work.
 *
 * @param folder absolute path of `DIR`
 * @throws CliError environment when the process that has the folder does not answer; NetworkError; FileError
 */
export async function reachFolder<T>(
  folder: string,
  ways: { readonly running: (administrator: Administrator) => Promise<T>; readonly closed: () => Promise<T> },
): Promise<T> {
  const clock = new SystemClock();
  const untilMs = clock.nowMs + PATIENCE_MS;
  for (;;) {
    const link = await AdminLink.open(new UnixSocket(), folder);
    if (link) {
      try {
        return await ways.running(link);
      } finally {
        await link.close();
      }
    }
    const lock = await tryLock(new OsFileSystem(), folder, { purpose: 'administration' });
    if ('release' in lock) {
      try {
        return await ways.closed();
      } finally {
        await lock.release();
      }
    }
    if (clock.nowMs >= untilMs) {
      throw new CliError(
        EXIT.environment,
        `${folder} is in use by ${processOf(lock.holder)}, which does not answer at admin.sock.`,
        'Try again, or end that process.',
      );
    }
    await clock.after(LOOK_AGAIN_MS);
  }
}

/**
 * Runs `work` with the administrator of a key server's folder, whether a server runs on it or not.
 *
 * @throws CliError environment when the folder is no key server's; what `work` throws
 */
export async function withAdministrator<T>(
  { dir, rootKey }: FolderOptions,
  work: (administrator: Administrator) => Promise<T>,
): Promise<T> {
  const folder = resolve(dir);
  // By threads, so that a signal is noticed while a long action goes on.
  const files = new OsFileSystem({ mode: 'pool', named: rootKey === undefined ? [] : [resolve(rootKey)] });
  if (!(await exists(files, `${folder}/store/journal`))) {
    throw new CliError(
      EXIT.environment,
      `${folder} is not the folder of a key server: it has no store/journal.`,
      'Check --dir, or start a key server there with: vcryptsim kms serve --dir DIR',
    );
  }
  const closed = async () => {
    const clock = new SystemClock();
    const server = await KeyServer.open({
      folder,
      files,
      clock,
      entropy: new SystemEntropy(),
      keyPairs: new SystemKeyPairs(clock),
      events: { emit: () => {} },
      ...(rootKey !== undefined && { rootKeyPath: resolve(rootKey) }),
    });
    try {
      return await work(server.administrator);
    } finally {
      await server.close();
    }
  };
  return reachFolder(folder, { running: work, closed });
}
