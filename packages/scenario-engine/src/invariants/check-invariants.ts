import { exists } from '@vcryptsim/ports';
import { ByteScanner, type FileMatch, type ScanNeedle, scanFolder, scanRanges } from '@vcryptsim/simkit/scan';
import type { World } from '../world/world.js';
import type { Invariant, Violation } from './invariant.js';
import { INVARIANTS } from './registry.js';

type Found = Omit<Violation, 'afterStep'>;

/** Between the name of an invariant and that of its needle, inside the one scanner that looks for all of them. */
const SEPARATOR = '\u0000';

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
  const needles = INVARIANTS.filter((each) => covers(each, world, path)).flatMap((each) =>
    each.needles(world).map((needle): ScanNeedle => ({ ...needle, name: `${each.name}${SEPARATOR}${needle.name}` })),
  );
  return needles.length === 0 ? null : new ByteScanner(needles);
}

function covers(invariant: Invariant, world: World, path: string): boolean {
  return invariant.folders(world.folder).some((folder) => path === folder || path.startsWith(`${folder}/`));
}

async function collect(matches: AsyncIterable<FileMatch>): Promise<Found[]> {
  const found: Found[] = [];
  for await (const { needle: name, path, offsetBytes } of matches) {
    const [invariant = '', needle = ''] = name.split(SEPARATOR);
    found.push({ invariant, needle, where: path, offsetBytes });
  }
  return found;
}

function onWires(world: World): Found[] {
  return world.wireWatch.take().map((match) => ({ invariant: 'no-dek-unsealed', ...match }));
}
