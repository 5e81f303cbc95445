import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { describe, expect, it } from 'vitest';
import { type Audience, loadScenario, NO_AUDIENCE, runScenario } from '../src/index.js';
import { temporaryFolder } from './support/run.js';

const SCENARIO = `name: evidence
about: what stays of a run
lab: { vms: { web: { host: esx-1, disk: 64KiB } } }
steps:
  - vm.create: web
  - vm.power-on: web
  - wait: 1m
`;

async function runWith(audience: Audience, folder: string) {
  const path = join(temporaryFolder(), 'evidence.yaml');
  writeFileSync(path, SCENARIO);
  const files = new OsFileSystem();
  const scenario = await loadScenario({ files, path, shownAs: path });
  const fixed = { seed: 42, clock: 'virtual', wire: 'memory', engine: 'auto' } as const;
  return runScenario({ ...fixed, scenario, folder, files, audience });
}

const lines = (path: string): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1);

describe('what a run leaves of itself', () => {
  it('is written while it happens, and is the whole log at the end', async () => {
    const folder = join(temporaryFolder(), 'run');
    const seen: number[] = [];
    const stepEnds = async () => {
      seen.push(lines(`${folder}/events.jsonl`).length);
      expect(lines(`${folder}/wire.jsonl`).length).toBeGreaterThan(0);
    };
    const result = await runWith({ ...NO_AUDIENCE, stepEnds }, folder);
    expect(seen).toHaveLength(3);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
    expect(new Set(seen).size).toBe(3);
    const log = readFileSync(`${folder}/events.jsonl`);
    expect(createHash('sha256').update(log).digest('hex')).toBe(result.eventLogSha256);
    const exchanges = lines(`${folder}/wire.jsonl`).map((line) => JSON.parse(line));
    expect(exchanges).toContainEqual(expect.objectContaining({ operation: 'DiscoverVersions', result: 'Success' }));
    expect(existsSync(`${folder}/failure.json`)).toBe(false);
  });

  it.each([
    ['a mistake of ours', () => assert(false, 'planted')],
    [
      'a world that is stuck',
      () => {
        throw Object.assign(new Error('planted'), { code: 'STUCK' });
      },
    ],
  ])('stays after %s, with the cause', async (_what, fail) => {
    const folder = join(temporaryFolder(), 'run');
    let steps = 0;
    const stepEnds = async () => {
      steps++;
      if (steps === 2) fail();
    };
    await expect(runWith({ ...NO_AUDIENCE, stepEnds }, folder)).rejects.toThrow('planted');
    const failure = JSON.parse(readFileSync(`${folder}/failure.json`, 'utf8'));
    expect(failure).toMatchObject({
      version: 1,
      scenario: 'evidence',
      seed: 42,
      message: expect.stringMatching('planted'),
    });
    expect(failure.steps).toHaveLength(2);
    const ended = lines(`${folder}/events.jsonl`).filter((line) => line.includes('"STEP_ENDED"'));
    expect(ended).toHaveLength(2);
    expect(readdirSync(`${folder}/datastores/datastore1`)).toContain('web');
  });
});
