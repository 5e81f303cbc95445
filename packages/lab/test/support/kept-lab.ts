import { type FileSystem, type FolderLocks, makeFolders } from '@vcryptsim/ports';
import { LabFolder } from '../../src/folder/lab-folder.js';
import { machinesOf } from '../../src/topology/site-plan.js';
import type { Lab } from '../../src/topology/topology.js';
import { World } from '../../src/world/world.js';
import { SMALL_LAB } from './small-world.js';

export const SETUP = { name: 'small', seed: 7, clock: 'virtual', wire: 'memory', engine: 'auto' } as const;

/** Gives every folder to everybody, and makes it as the real one does. */
export function openLocks(files: FileSystem): FolderLocks {
  return {
    take: async (folder) => {
      await makeFolders(files, `${folder}/lock`);
      return { release: async () => {} };
    },
  };
}

/** Starts the lab that a folder has, or sets one up there, and lets it rest. */
export async function keptLab(
  files: FileSystem,
  path: string,
  lab: Lab = SMALL_LAB,
): Promise<{ world: World; folder: LabFolder }> {
  const folder = await LabFolder.take({ files, locks: openLocks(files), path });
  if (folder.memory === null) await folder.begin(SETUP, machinesOf(lab));
  const world = await World.boot({ ...SETUP, lab, files, scenarioFolder: '/' }, folder);
  await folder.memory?.rests(world.clock.nowMs);
  return { world, folder };
}
