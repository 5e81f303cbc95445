import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { runLoad } from '../src/disk/disk-load.js';
import { type DiskWork, runDiskWork } from '../src/disk/disk-work.js';
import { MeasuredHost } from '../src/disk/measured-host.js';
import { diskBars, dmCryptRow, qemuRow, summarizeDisk } from '../src/disk/report.js';
import { formatDiskReport } from '../src/index.js';

const MIB = 2 ** 20;
const load = { requestBytes: 4096, sizeBytes: MIB, measureMs: 20, warmUpRequests: 50 };

describe('a load', () => {
  it('keeps as many requests under way as it was told, at whole places of the disk', async () => {
    let [now, most, wrong] = [0, 0, 0];
    const request = async (at: number): Promise<void> => {
      most = Math.max(most, ++now);
      if (at % 4096 !== 0 || at < 0 || at >= MIB) wrong += 1;
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
    };
    const result = await runLoad(request, { ...load, depth: 8 });
    expect([most, wrong, result.depth]).toEqual([8, 0, 8]);
    expect(result.iops * 4096).toBeCloseTo(result.mbps * 1e6, -3);
    expect(result.p99Us).toBeGreaterThanOrEqual(result.p50Us);
  });

  it('counts bare calls, which are over when they return', async () => {
    let calls = 0;
    const result = await runLoad(() => (calls += 1), { ...load, depth: 1 });
    expect(calls).toBeGreaterThan(10);
    expect(result.iops).toBeGreaterThan(0);
  });
});

describe('the report of bench disk', () => {
  const result = (depth: number, mbps: number) => ({
    ...{ depth, mbps, iops: mbps * 10, p50Us: 5, p99Us: 50, cpuSecondsPerGiB: 1000 / mbps },
  });
  const base = { unit: 512, direction: 'write', requestBytes: MIB } as const;
  const measured = [
    { ...base, subject: 'bare' as const, rounds: [[result(1, 100)], [result(1, 1000)], [result(1, 200)]] },
    {
      ...base,
      subject: 'guest' as const,
      rounds: [
        [result(1, 75), result(8, 90)],
        [result(1, 700), result(8, 700)],
        [result(1, 160), result(8, 100)],
      ],
    },
  ];

  it('has medians, and ratios to the bare loop of the same round', () => {
    const rows = summarizeDisk(measured);
    expect(rows.map(({ depth, mbps, ratioBare }) => [depth, mbps, ratioBare])).toEqual([
      [1, 200, null],
      [1, 160, 0.75],
      [8, 100, 0.7],
    ]);
    expect(diskBars(rows)).toMatchObject([{ reached: true, found: '0.75 x (CPU 0.75)' }]);
    expect(diskBars(summarizeDisk(measured.slice(1)))).toMatchObject([{ reached: null, found: null }]);
    const slow = [measured[0]!, { ...measured[1]!, rounds: [[result(1, 74)]] }];
    expect(diskBars(summarizeDisk(slow))).toMatchObject([{ reached: false }]);
  });

  it('says in 80 columns what was measured, and why something was not', () => {
    const rows = summarizeDisk(measured);
    const machine = { cpu: 'A CPU', cores: 4, aes: true, vaes: false, node: '20', opensslOfNode: '3' };
    const peers = [
      qemuRow([{ cpuSeconds: 2, wallSeconds: 4 }], 2 ** 30),
      dmCryptRow([{ notMeasured: 'it needs root' }, { notMeasured: 'it needs root' }]),
    ];
    const text = formatDiskReport(
      {
        ...{ machine: { ...machine, opensslCommand: null }, qemuImg: null, rounds: 3, sizeBytes: 64 * MIB },
        ...{ memoryBacked: true, rows, peers, bars: diskBars(rows) },
      },
      80,
    );
    expect(text).toContain('qemu-img, raw to LUKS: 268 MB/s, 2.00 CPU s/GiB');
    expect(text).toContain('dm-crypt, writes of 1 MiB: not measured, it needs root');
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(dmCryptRow([{ mbps: 3 }, { notMeasured: 'x' }, { mbps: 5 }])).toMatchObject({ mbps: 4, notMeasured: null });
    expect(qemuRow([], 1)).toMatchObject({ mbps: null, notMeasured: expect.stringContaining('no qemu-img') });
  });
});

describe('the loads of bench disk', () => {
  let folder = '';
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it.each([null, 512, 4096] as const)(
    'go through a disk in data units of %s bytes, and the loop beside it',
    async (unit) => {
      folder = mkdtempSync(join(tmpdir(), 'vcryptsim-disk-'));
      let boot = 0;
      const run = (subject: DiskWork['subject'], direction: DiskWork['direction']) =>
        runDiskWork({ ...load, folder, boot: ++boot, subject, unit, direction, depths: [1, 4] });
      await run('prepare', 'read');
      for (const direction of ['write', 'read'] as const) {
        const results = await run('guest', direction);
        expect(results.map(({ depth, mbps }) => [depth, mbps > 0])).toEqual([
          [1, true],
          [4, true],
        ]);
        expect((await run('bare', direction)).map(({ depth }) => depth)).toEqual([1]);
      }
      const bytes = new Uint8Array(4096);
      const file = await open(await MeasuredHost.extentPath({ folder }), 'r');
      await file.read(bytes, 0, bytes.length, 4096);
      await file.close();
      // What was read back last; in clear on a plain disk only.
      expect(bytes.every((byte, at) => byte === ((at ^ (at >> 8)) & 0xff))).toBe(unit === null);
    },
  );
});
