import { MemoryFileSystem } from '@vcryptsim/simkit';
import type { Lab } from '../../src/topology/topology.js';
import { World, type WorldOptions } from '../../src/world/world.js';

export const SMALL_LAB: Lab = {
  kms: { provider: 'corp-kms', nodes: ['kms-1'] },
  cluster: 'cluster-1',
  hosts: ['esx-1'],
  datastore: 'datastore1',
  vms: {
    payroll: { host: 'esx-1', disk: { size: 64 * 1024, dataUnit: 512 }, policy: 'VM Encryption Policy' },
    bulletin: { host: 'esx-1', disk: { size: 64 * 1024, dataUnit: 512 }, policy: 'Datastore Default' },
  },
};

/** A world of one host on files in memory and the memory wire, with no VM yet. */
export function smallWorld(o: Partial<WorldOptions> = {}): Promise<World> {
  return World.build({
    lab: SMALL_LAB,
    seed: 1,
    clock: 'virtual',
    wire: 'memory',
    engine: 'auto',
    folder: '/run',
    files: new MemoryFileSystem(),
    scenarioFolder: '/',
    ...o,
  });
}

/** Writes a file into a world, through the file system that its invariants watch. */
export async function plant(world: World, path: string, bytes: Uint8Array): Promise<void> {
  const handle = await world.files.open(path, { access: 'write', create: 'if-missing' });
  await handle.pwrite(bytes, await handle.sizeBytes());
  await handle.close();
}
