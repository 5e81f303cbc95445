import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const BIN = fileURLToPath(new URL('../bin/vcryptsim.js', import.meta.url));

function bench(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [BIN, 'bench', 'recrypt', ...words], { encoding: 'utf8' });
}

interface Report {
  readonly rows: readonly { readonly what: string; readonly cpuSecondsPerGiB: number }[];
}

describe('vcryptsim bench recrypt', () => {
  it('measures every change of keys, and says what a shallow recrypt did with files', () => {
    const { status, stdout, stderr } = bench('--size', '2MiB', '--rounds', '1', '--json');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const report = JSON.parse(stdout) as Report;
    expect(report).toMatchObject({
      version: 1,
      sizeBytes: 2 ** 21,
      unit: 512,
      rounds: 1,
      shallow: { extentOperations: 0 },
    });
    const own = ['shallow', 'deep-beside', 'deep-in-place', 'decrypt', 'encrypt', 'guest-write'];
    expect(report.rows.map(({ what }) => what)).toEqual(expect.arrayContaining([...own, 'bare-recrypt', 'bare-write']));
    expect(report.rows.every(({ cpuSecondsPerGiB }) => cpuSecondsPerGiB > 0)).toBe(true);
  });

  it('says that there is no room, and what to do, with exit code 3', () => {
    const { status, stderr } = bench('--size', '62TiB');
    expect(status).toBe(3);
    expect(stderr).toMatch(/has no room for the \d+ MiB/);
    expect(stderr).toContain('smaller --size');
  });

  it.each([
    [['--size', '3KiB'], 'whole MiB'],
    [['--unit', '1024'], '512 or 4096'],
    [['--rounds', '0'], 'whole number'],
  ])('answers %j with a sentence and exit code 2', (words, part) => {
    const { status, stderr } = bench(...words);
    expect(status).toBe(2);
    expect(stderr).toContain(part);
    expect(stderr).not.toContain('    at ');
  });
});
