import { exists } from '@vcryptsim/ports';
import type { RecordingFileSystem } from '@vcryptsim/simkit';
import { type FileMatch, scanFolder, scanRanges } from '@vcryptsim/simkit/scan';
import type { RunPlaces } from '../folder/run-folder.js';
import type { WireWatch } from '../taps/wire-watch.js';
import type { Violation } from './invariant.js';
import type { Search, Searches } from './searches.js';

type Found = Omit<Violation, 'afterStep'>;

/** What is searched: files and wires of a world. */
export interface Searched {
  /** Remembers what was written. */
  readonly files: RecordingFileSystem;
  readonly folder: RunPlaces;
  readonly wireWatch: WireWatch;
  readonly searches: Searches;
}

/** So many matches in one file or folder are proof enough; a disk in clear would give millions. */
const MATCHES_MAX = 100;

/** Searches what was written since the last call, and what passed the wires. */
export async function checkWritten(world: Searched): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const [path, ranges] of world.files.take()) {
    const search = world.searches.at(path);
    if (search === null || !(await exists(world.files, path))) continue;
    found.push(...(await collect(search, scanRanges(world.files, path, ranges, search.scanner()))));
  }
  return [...found, ...(await onWires(world))];
}

/** Searches every byte of every file of the run, once. */
export async function checkEverything(world: Searched): Promise<readonly Found[]> {
  const found: Found[] = [];
  const { kms, vcenter, hosts, datastores, backups, copies, exports } = world.folder;
  for (const folder of [kms, vcenter, hosts, datastores, backups, copies, exports]) {
    const search = world.searches.at(folder);
    if (search === null || !(await exists(world.files, folder))) continue;
    found.push(...(await collect(search, scanFolder(world.files, folder, search.scanner()))));
  }
  world.files.take();
  return [...found, ...(await onWires(world))];
}

async function collect(search: Search, matches: AsyncIterable<FileMatch>): Promise<Found[]> {
  const found: Found[] = [];
  for await (const { needle, path, offsetBytes } of matches) {
    const names = await search.judge(needle);
    if (names !== null) found.push({ ...names, where: path, offsetBytes });
    if (found.length === MATCHES_MAX) break;
  }
  return found;
}

async function onWires(world: Searched): Promise<Found[]> {
  const found: Found[] = [];
  for (const { needle, ...place } of world.wireWatch.take()) {
    const names = await world.searches.onWires.judge(needle);
    if (names !== null) found.push({ ...names, ...place });
  }
  return found;
}
