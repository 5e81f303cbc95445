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

/**
 * Runs `work` with a new folder in memory, or in the system's temporary folder where memory has no room for it, and takes
 * the folder away.
 *
 * @param neededBytes what will be in it at the most
 * @throws Error where neither has the room
 */
export async function withWorkFolder<T>(neededBytes: number, work: (folder: WorkFolder) => Promise<T>): Promise<T> {
  const memoryBacked = freeBytes(MEMORY_FOLDER) >= neededBytes;
  const parent = memoryBacked ? MEMORY_FOLDER : tmpdir();
  if (freeBytes(parent) < neededBytes) {
    throw new Error(`${parent} has no room for ${Math.ceil(neededBytes / 2 ** 20)} MiB: choose a smaller --size`);
  }
  const path = mkdtempSync(join(parent, 'vcryptsim-bench-'));
  try {
    return await work({ path, memoryBacked });
  } finally {
    rmSync(path, { recursive: true, force: true });
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
