import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { leftOut } from '../../test/support/left-out.js';
import { formatXtsReport, runXtsBench, runXtsSoak, type XtsReport } from '../src/index.js';
import { describeMachine } from '../src/xts/machine.js';
import { opensslSpeed } from '../src/xts/openssl-speed.js';

/** One run for all that is looked at in it. */
async function run(): Promise<{ report: XtsReport; seen: readonly string[] }> {
  const seen: string[] = [];
  const report = await runXtsBench({
    rounds: 1,
    units: [4096],
    requests: [1_048_576],
    directions: ['decrypt'],
    onProgress: (done, total, { engine, workers }) => seen.push(`${done}/${total} ${engine} ${workers}`),
  });
  return { report, seen };
}

describe('the XTS bench', () => {
  let once: ReturnType<typeof run> | null = null;
  const measured = (): ReturnType<typeof run> => {
    once ??= run();
    return once;
  };

  it('measures each configuration in processes of its own, after it proved equal to OpenSSL', async () => {
    const { report, seen } = await measured();
    expect(seen).toHaveLength(report.rows.length);
    expect(seen[1]).toBe(`1/${report.rows.length} naive 0`);
    const timed = report.rows.filter(({ engine }) => engine !== 'openssl');
    expect(timed.every(({ mbps }) => mbps !== null && mbps > 0)).toBe(true);
    expect(report.rows.filter(({ engine }) => engine === 'native').map(({ workers }) => workers)).toEqual([0, 1, 2, 4]);
    expect(report.machine).toMatchObject({ node: process.versions.node, opensslOfNode: process.versions.openssl });
  });

  const hasAes = process.arch === 'x64' && describeMachine().aes;
  if (!hasAes) leftOut('AES-NI masked', 'this processor shows no AES instructions that can be masked');
  it.skipIf(!hasAes)('[S15] measures with AES-NI masked only after it saw that the mask works', async () => {
    const { report } = await measured();
    expect(report.aesNi.notMeasured).toBeNull();
    const [row] = report.aesNi.rows;
    expect(row).toMatchObject({ unit: 4096, request: 1_048_576, direction: 'decrypt' });
    // Five to fifteen times where it was tried, on busy machines too: below 1.5 the instructions were not masked.
    expect(row?.ratio).toBeGreaterThan(1.5);
    expect(formatXtsReport(report)).toContain(`${row?.ratio.toFixed(1)}`);
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
