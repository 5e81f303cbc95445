import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Linux's memory-backed folder. */
const MEMORY_FOLDER = '/dev/shm';

/** A folder to measure in, and whether no disk hides behind it. */
export interface WorkFolder {
  readonly path: string;
  readonly memoryBacked: boolean;
}

/** There is no room to measure in. */
export class NoRoomError extends Error {
  /** @param folder the last that was looked at */
  constructor(
    readonly folder: string,
    readonly neededBytes: number,
  ) {
    super(`${folder} has no room for the ${Math.ceil(neededBytes / 2 ** 20)} MiB that this measurement needs`);
    this.name = 'NoRoomError';
  }
}

/**
 * Runs `work` with a new folder in memory, or in the system's temporary folder where memory has no room for it, and takes
 * the folder away.
 *
 * @param neededBytes what will be in it at the most
 * @param onWorkFolder gets what takes the folder away at once, for those who are ended by a signal
 * @throws NoRoomError where neither has the room
 */
export async function withWorkFolder<T>(
  neededBytes: number,
  onWorkFolder: ((takeAway: () => void) => void) | undefined,
  work: (folder: WorkFolder) => Promise<T>,
): Promise<T> {
  const memoryBacked = freeBytes(MEMORY_FOLDER) >= neededBytes;
  const parent = memoryBacked ? MEMORY_FOLDER : tmpdir();
  if (freeBytes(parent) < neededBytes) throw new NoRoomError(parent, neededBytes);
  const path = mkdtempSync(join(parent, 'vcryptsim-bench-'));
  const takeAway = (): void => rmSync(path, { recursive: true, force: true });
  onWorkFolder?.(takeAway);
  try {
    return await work({ path, memoryBacked });
  } finally {
    takeAway();
  }
}

function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return 0;
  }
}
