import { FileError, type FileSystem, makeFolders, readWhole } from '@vcryptsim/ports';
import { CliError, EXIT } from '../../exit.js';

const LOCK_BYTES_MAX = 64;

/**
 * Keeps a second server out of a folder: `DIR/serve.lock` holds the first one's process ID. A lock whose process is gone
 * was left by a cut and is taken over.
 *
 * @throws CliError environment, naming the other process; FileError
 */
export async function lockFolder(
  files: FileSystem,
  folder: string,
  pid: number,
): Promise<{ release(): Promise<void> }> {
  await makeFolders(files, folder);
  const path = `${folder}/serve.lock`;
  for (let attempt = 0; ; attempt++) {
    try {
      const handle = await files.open(path, { access: 'write', create: 'exclusive' });
      await handle.pwrite(new TextEncoder().encode(`${pid}\n`), 0);
      await handle.close();
      return { release: () => files.unlink(path) };
    } catch (error) {
      if (!(error instanceof FileError && error.code === 'EXISTS') || attempt > 0) throw error;
    }
    const holder = Number(new TextDecoder().decode(await readWhole(files, path, LOCK_BYTES_MAX)));
    if (isAlive(holder)) {
      throw new CliError(
        EXIT.environment,
        `Another key server (process ${holder}) serves ${folder}.`,
        'End it first, or choose another folder with --dir DIR.',
      );
    }
    await files.unlink(path);
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
