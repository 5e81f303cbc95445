import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { afterAll } from 'vitest';
import { type Audience, NO_AUDIENCE, type RunResult, runScenario } from '../../src/index.js';
import { loadScenario } from '../../src/scenario/load-scenario.js';

export const SCENARIOS = resolve(dirname(fileURLToPath(import.meta.url)), '../../../../scenarios');

const made: string[] = [];

/** A folder that is taken away when the tests of a file are over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vcryptsim-engine-'));
  made.push(folder);
  return folder;
}
afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export interface RunWith {
  readonly seed?: number;
  readonly wire?: 'tls' | 'memory';
  readonly engine?: 'auto' | 'native' | 'portable';
  readonly diskImage?: string;
  readonly audience?: Audience;
  readonly saveWire?: string;
}

/** Runs a scenario file on real files in a folder of its own. */
export async function run(path: string, o: RunWith = {}): Promise<RunResult> {
  const files = new OsFileSystem();
  return runScenario({
    scenario: await loadScenario({ files, path, shownAs: path }),
    seed: o.seed ?? 42,
    clock: 'virtual',
    wire: o.wire ?? 'memory',
    engine: o.engine ?? 'auto',
    folder: join(temporaryFolder(), 'run'),
    files,
    audience: o.audience ?? NO_AUDIENCE,
    ...(o.diskImage === undefined ? {} : { diskImage: o.diskImage }),
    ...(o.saveWire === undefined ? {} : { saveWire: o.saveWire }),
  });
}

/** What went wrong in a run, one line each; empty for one that passed. */
export function troubles(result: RunResult): string[] {
  return [
    ...result.steps.flatMap(({ number, title, failures }) =>
      failures.map(({ what, wanted, found }) => `${number} ${title}: ${what}: wanted ${wanted}, found ${found}`),
    ),
    ...result.violations.map((violation) => JSON.stringify(violation)),
  ];
}
