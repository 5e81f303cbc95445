// The bench against real servers; how fast they are is nobody's business here.
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { leftOut } from '../../test/support/left-out.js';
import { runKmipBench } from '../src/index.js';
import { pykmipVersion } from '../src/kmip/pykmip-server.js';

const BIN = fileURLToPath(new URL('../../packages/cli/bin/vcryptsim.js', import.meta.url));
const command = [process.execPath, BIN];

describe('the KMIP bench', () => {
  it('puts every workload on a server of its own and looks at each answer', async () => {
    const report = await runKmipBench({ command, rounds: 1, seconds: 0.2, clients: 1, withoutPykmip: true });
    expect(report.rows.map(({ subject, place, workload }) => `${workload} ${place} ${subject}`)).toEqual([
      'get memory vcryptsim',
      'get disk vcryptsim',
      'create memory vcryptsim',
      'create disk vcryptsim',
      'power-on memory vcryptsim',
      'power-on memory vcryptsim-ec',
      'power-on memory vcryptsim-tls12',
      'power-on disk vcryptsim',
    ]);
    expect(report.rows.every(({ perSecond, ratioPykmip }) => perSecond > 0 && ratioPykmip === null)).toBe(true);
    const suites = new Set(report.rows.map(({ subject, tls }) => `${subject} ${tls.replace(/ .* /, ' ')}`));
    const wanted = ['vcryptsim TLSv1.3 RSA', 'vcryptsim-ec TLSv1.3 EC', 'vcryptsim-tls12 TLSv1.2 RSA'];
    expect(suites).toEqual(new Set(wanted));
    expect(report.bars.map(({ reached }) => reached)).toEqual([null, null, null]);
    expect(report.fsyncsPerSecond.disk).toBeGreaterThan(0);
  });

  const hasPykmip = pykmipVersion() !== null;
  if (!hasPykmip) leftOut('the KMIP bench beside PyKMIP', 'PyKMIP is not installed (Debian: python3-pykmip)');
  it.skipIf(!hasPykmip)('measures PyKMIP in the same run, with the same keys and suites', async () => {
    const report = await runKmipBench({ command, rounds: 1, seconds: 0.2, clients: 1, workloads: ['power-on'] });
    const peers = report.rows.filter(({ subject }) => subject === 'pykmip');
    expect(peers.map(({ place }) => place)).toEqual(['memory', 'disk']);
    const tls12 = report.rows.find(({ subject }) => subject === 'vcryptsim-tls12');
    expect(peers[0]?.tls).toBe(tls12?.tls);
    expect(report.bars[0]?.ratio).toBeGreaterThan(0);
    expect(report.pykmip).toMatch(/^PyKMIP \d/);
  });
});
