import { describe, expect, it } from 'vitest';
import type { KmipReport, Sample } from '../src/index.js';
import { formatKmipReport } from '../src/index.js';
import { type KmipMeasured, kmipBars, summarizeKmip } from '../src/kmip/report.js';

const sample = (perSecond: number, p50Ms = 1, p99Ms = 2): Sample => ({ perSecond, p50Ms, p99Ms, tls: 'TLSv1.3 X' });
const measured = (one: Partial<KmipMeasured>): KmipMeasured => ({
  subject: 'vcryptsim',
  place: 'memory',
  workload: 'get',
  samples: [],
  ...one,
});

describe('the report of the KMIP bench', () => {
  it('takes medians and ranges, and ratios round by round', () => {
    const [own, peer] = summarizeKmip([
      // The second round was disturbed for both: its own ratio is right, the ratio of medians would not be.
      measured({ samples: [sample(2000, 1, 4), sample(400, 9, 9), sample(1500, 2, 3)] }),
      measured({ subject: 'pykmip', samples: [sample(100), sample(20), sample(100)] }),
    ]);
    expect(own).toMatchObject({ perSecond: 1500, perSecondMin: 400, perSecondMax: 2000, p50Ms: 2, p99Ms: 4 });
    expect(own?.ratioPykmip).toBe(20);
    expect(peer?.ratioPykmip).toBe(1);
  });

  it('compares only what has the same store and workload, and nothing where PyKMIP is missing', () => {
    const rows = summarizeKmip([
      measured({ samples: [sample(1000)] }),
      measured({ subject: 'pykmip', place: 'disk', samples: [sample(10)] }),
      measured({ subject: 'pykmip', workload: 'create', samples: [sample(10)] }),
    ]);
    expect(rows[0]?.ratioPykmip).toBeNull();
  });

  it.each([
    ['get', 9.99, false],
    ['get', 10, true],
    ['create', 2.99, false],
    ['create', 3, true],
    ['power-on', 2.99, false],
    ['power-on', 3, true],
  ] as const)('holds %s at %d times PyKMIP to the bar: %s', (workload, ratio, reached) => {
    const rows = summarizeKmip([
      measured({ workload, samples: [sample(ratio * 100)] }),
      measured({ workload, subject: 'pykmip', samples: [sample(100)] }),
      // Neither the disk nor another suite counts for the bar.
      measured({ workload, place: 'disk', samples: [sample(1)] }),
      measured({ workload, subject: 'vcryptsim-tls12', samples: [sample(1)] }),
    ]);
    expect(kmipBars(rows)).toMatchObject([{ workload, place: 'memory', reached }]);
  });

  it('says where it was taken, what missed its bar and what was not measured', () => {
    const rows = summarizeKmip([
      measured({ samples: [sample(500)] }),
      measured({ subject: 'pykmip', samples: [sample(100)] }),
      measured({ workload: 'create', samples: [sample(500)] }),
    ]);
    const report: KmipReport = {
      machine: {
        cpu: 'Some CPU',
        cores: 4,
        aes: true,
        vaes: false,
        node: '20.20.2',
        opensslOfNode: '3.0.19',
        opensslCommand: null,
      },
      pykmip: 'PyKMIP 0.10.0, Python 3.11.2, OpenSSL 3',
      rounds: 1,
      seconds: 2,
      clients: 2,
      connectionsPerClient: 4,
      memoryBacked: true,
      fsyncsPerSecond: { memory: 500_000, disk: 2701 },
      rows,
      bars: kmipBars(rows),
    };
    const text = formatKmipReport(report);
    expect(text).toContain('Some CPU, 4 cores');
    expect(text).toContain('PyKMIP 0.10.0');
    expect(text).toContain('500000 (memory), 2701 (disk)');
    expect(text).toContain('get, store in memory: at least 10 times PyKMIP: 5.0, MISSED');
    expect(text).toContain('create, store in memory: at least 3 times PyKMIP: not measured');
  });
});
