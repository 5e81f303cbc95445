// Every verb with names, values and paths that would act on a terminal. The walk is the part of `npm run harden` of the
// same name; here each of its runs is made once.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const PART = fileURLToPath(new URL('../../../scripts/harden/hostile-values.mjs', import.meta.url));

describe('hostile values', () => {
  it('act on no terminal, forge no line and break no report, in any verb', async () => {
    const { walkLength } = (await import(PART)) as { readonly walkLength: number };
    const words = [PART, '--n', String(walkLength), '--seed', '7'];
    const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    expect(stderr.split('\n').filter((line) => line.startsWith('finding'))).toEqual([]);
    expect(JSON.parse(stdout.trim())).toEqual({ inputs: walkLength, unhandled: 0, cut: 0, findings: 0 });
  });
});
