import type { World } from '@vcryptsim/lab';
import { type FileSystem, replaceFile, visibleJson } from '@vcryptsim/ports';
import { jsonReport } from '../reports/json-report.js';
import type { RunResult, StepResult } from '../reports/result.js';

/** These files hold no secrets; whoever may see the folder may read them. */
const MODE = 0o644;

/** Leaves the report in the run's folder, beside what was written while it went on. @throws FileError */
export async function writeRunFiles(files: FileSystem, world: World, result: RunResult): Promise<void> {
  await world.evidence.settle();
  await world.evidence.close();
  await replaceFile(files, world.folder.report, new TextEncoder().encode(jsonReport([result])), MODE);
}

/** Leaves what ended a run before its end, with the steps so far. Never throws: the cause is told, not this. */
export async function writeFailure(
  files: FileSystem,
  world: World,
  o: {
    readonly scenario: string;
    readonly seed: number;
    readonly steps: readonly StepResult[];
    readonly error: unknown;
  },
): Promise<void> {
  const { scenario, seed, steps, error } = o;
  const cause =
    error instanceof Error ? { name: error.name, message: error.message } : { name: 'unknown', message: '' };
  const code = error instanceof Error && 'code' in error ? String(error.code) : null;
  const text = JSON.stringify({ version: 1, scenario, seed, code, ...cause, steps }, null, 2);
  const content = new TextEncoder().encode(visibleJson(`${text}\n`));
  await replaceFile(files, world.folder.failure, content, MODE).catch(() => {});
}
