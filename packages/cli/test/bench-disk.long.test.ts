import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const BIN = fileURLToPath(new URL('../bin/vcryptsim.js', import.meta.url));

function bench(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [BIN, 'bench', 'disk', ...words], { encoding: 'utf8' });
}

interface Row {
  readonly subject: string;
  readonly unit: number | null;
  readonly mbps: number;
}

describe('vcryptsim bench disk', () => {
  it('measures plain and encrypted disks at each size and depth, beside a bare loop', () => {
    const { status, stdout, stderr } = bench('--size', '4MiB', '--rounds', '1', '--milliseconds', '20', '--json');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const report = JSON.parse(stdout) as { version: number; rows: Row[]; peers: { mbps: number | null }[] };
    expect(report.version).toBe(1);
    const count = (subject: string) => report.rows.filter((row) => row.subject === subject).length;
    expect([count('guest'), count('bare')]).toEqual([3 * 3 * 3 * 2, 3 * 3 * 2]);
    expect(report.rows.every(({ mbps }) => mbps > 0)).toBe(true);
    expect(report.peers).toHaveLength(2);
  });

  it('answers a size of no whole MiB with a sentence and exit code 2', () => {
    const { status, stderr } = bench('--size', '5KiB');
    expect(status).toBe(2);
    expect(stderr).toContain('whole MiB');
  });
});
