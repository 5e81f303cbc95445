import { exists } from '@vcryptsim/ports';
import { ByteScanner, type FileMatch, scanFolder, scanRanges } from '@vcryptsim/simkit/scan';
import type { World } from '../world/world.js';
import type { Invariant, Violation } from './invariant.js';
import { namesIn, needlesOf } from './needles.js';
import { INVARIANTS } from './registry.js';

type Found = Omit<Violation, 'afterStep'>;

/** So many matches in one file or folder are proof enough; a disk in clear would give millions. */
const MATCHES_MAX = 100;

/** Searches what was written since the last call, and what passed the wires. */
export async function checkWritten(world: World): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const [path, ranges] of world.files.take()) {
    const scanner = scannerFor(world, path);
    if (scanner === null || !(await exists(world.files, path))) continue;
    found.push(...(await collect(scanRanges(world.files, path, ranges, scanner))));
  }
  return [...found, ...onWires(world)];
}

/** Searches every byte of every file of the run, once. */
export async function checkEverything(world: World): Promise<readonly Found[]> {
  const found: Found[] = [];
  const { kms, vcenter, hosts, datastores, exports } = world.folder;
  for (const folder of [kms, vcenter, hosts, datastores, exports]) {
    const scanner = scannerFor(world, folder);
    if (scanner !== null) found.push(...(await collect(scanFolder(world.files, folder, scanner))));
  }
  world.files.take();
  return [...found, ...onWires(world)];
}

// One pass over a file looks for the needles of every invariant that speaks of it.
function scannerFor(world: World, path: string): ByteScanner | null {
  const needles = INVARIANTS.filter((each) => covers(each, world, path)).flatMap((each) => needlesOf(each, world));
  return needles.length === 0 ? null : new ByteScanner(needles);
}

function covers(invariant: Invariant, world: World, path: string): boolean {
  return invariant.folders(world.folder).some((folder) => path === folder || path.startsWith(`${folder}/`));
}

async function collect(matches: AsyncIterable<FileMatch>): Promise<Found[]> {
  const found: Found[] = [];
  for await (const { needle, path, offsetBytes } of matches) {
    found.push({ ...namesIn(needle), where: path, offsetBytes });
    if (found.length === MATCHES_MAX) break;
  }
  return found;
}

function onWires(world: World): Found[] {
  return world.wireWatch.take().map(({ needle, ...place }) => ({ ...namesIn(needle), ...place }));
}
