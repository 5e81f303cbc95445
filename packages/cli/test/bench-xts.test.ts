import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const BIN = fileURLToPath(new URL('../bin/vcryptsim.js', import.meta.url));

function bench(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [BIN, 'bench', 'xts', ...words], { encoding: 'utf8' });
}

describe('vcryptsim bench xts', () => {
  it('ends a soak with one JSON document', () => {
    const { status, stdout } = bench('--soak', '200MiB');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      bytes: 200 * 2 ** 20,
      rssStart: expect.any(Number),
      rssEnd: expect.any(Number),
      rssMax: expect.any(Number),
    });
  });

  it.each([
    [['--rounds', '0'], 'whole number'],
    [['--soak', 'lots'], '10GiB'],
    [['--baseline', BIN], 'is not a report of this bench'],
  ])('answers %j with a sentence and exit code 2', (words, part) => {
    const { status, stderr } = bench(...words);
    expect(status).toBe(2);
    expect(stderr).toContain(part);
    expect(stderr).not.toContain('    at ');
  });

  it('says which baseline is missing', () => {
    const { status, stderr } = bench('--baseline', 'no-such-report.json');
    expect(status).toBe(3);
    expect(stderr).toContain('no-such-report.json does not exist');
  });
});
