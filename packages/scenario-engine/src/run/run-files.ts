import { type FileSystem, replaceFile } from '@vcryptsim/ports';
import { jsonReport } from '../reports/json-report.js';
import type { World } from '../world/world.js';
import type { RunResult } from './result.js';

/** These files hold no secrets; whoever may see the folder may read them. */
const MODE = 0o644;

/** Leaves the event log and the report in the run's folder. */
export async function writeRunFiles(files: FileSystem, world: World, result: RunResult): Promise<void> {
  const encode = (text: string) => new TextEncoder().encode(text);
  await replaceFile(files, world.folder.events, encode(world.log.toJsonLines()), MODE);
  await replaceFile(files, world.folder.report, encode(jsonReport([result])), MODE);
}
