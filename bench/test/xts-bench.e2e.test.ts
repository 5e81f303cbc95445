import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { leftOut } from '../../test/support/left-out.js';
import { runXtsBench, runXtsSoak } from '../src/index.js';
import { opensslSpeed } from '../src/xts/openssl-speed.js';

describe('the XTS bench', () => {
  it('measures each configuration in processes of its own, after it proved equal to OpenSSL', async () => {
    const seen: string[] = [];
    const report = await runXtsBench({
      rounds: 1,
      units: [4096],
      requests: [1_048_576],
      directions: ['decrypt'],
      onProgress: (done, total, { engine, workers }) => seen.push(`${done}/${total} ${engine} ${workers}`),
    });
    expect(seen).toHaveLength(report.rows.length);
    expect(seen[1]).toBe(`1/${report.rows.length} naive 0`);
    const measured = report.rows.filter(({ engine }) => engine !== 'openssl');
    expect(measured.every(({ mbps }) => mbps !== null && mbps > 0)).toBe(true);
    expect(report.rows.filter(({ engine }) => engine === 'native').map(({ workers }) => workers)).toEqual([0, 1, 2, 4]);
    expect(report.machine).toMatchObject({ node: process.versions.node, opensslOfNode: process.versions.openssl });
  });

  it('soaks and looks at memory', () => {
    const looks: number[] = [];
    const result = runXtsSoak({ bytes: 300 * 2 ** 20, onProgress: (done) => looks.push(done) });
    expect(result.bytes).toBe(300 * 2 ** 20);
    expect(looks).toEqual([128 * 2 ** 20, 256 * 2 ** 20]);
    expect(result.rssMax).toBeGreaterThanOrEqual(result.rssStart);
    expect(result.rssMax).toBeGreaterThanOrEqual(result.rssEnd);
  });

  const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
  if (!hasOpenssl) leftOut('openssl speed', 'there is no openssl command');
  it.skipIf(!hasOpenssl)('reads what openssl speed prints', () => {
    expect(opensslSpeed(4096, 'encrypt')).toBeGreaterThan(1);
  });
});
