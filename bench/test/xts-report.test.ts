import { describe, expect, it } from 'vitest';
import {
  compareWithBaseline,
  formatBaseline,
  formatXtsReport,
  parseXtsReport,
  type XtsReport,
  xtsReportToCsv,
} from '../src/index.js';
import { lookAtMask } from '../src/xts/aes-mask.js';
import { findAesNi } from '../src/xts/aes-ni.js';
import { configurations, FULL_SCOPE } from '../src/xts/configurations.js';
import { type Measured, summarize } from '../src/xts/report.js';

const base = { unit: 512, request: 1_048_576, workers: 0, direction: 'encrypt' } as const;
const measured: Measured[] = [
  { ...base, engine: 'openssl', samples: [4000, 4200, 3800] },
  { ...base, engine: 'naive', samples: [100, 90, 130] },
  { ...base, engine: 'native', samples: [2500, 2000, 3000] },
  { ...base, engine: 'native-no-aesni', samples: [200, 250, 240] },
  { ...base, engine: 'portable', samples: [50, 50, 50] },
  { ...base, engine: 'native', workers: 4, samples: [8000, 8000, 9000] },
];
const machine = {
  cpu: 'A CPU',
  cores: 4,
  aes: true,
  vaes: false,
  node: '20',
  opensslOfNode: '3',
  opensslCommand: null,
};
const rows = summarize(measured);
const MASK = { slowdown: 9.5, notMeasured: null };
const report: XtsReport = { machine, rounds: 3, rows, aesNi: findAesNi(rows, MASK) };

describe('the XTS report', () => {
  it('gives medians, ranges and ratios', () => {
    expect(report.rows[2]).toEqual({
      ...base,
      engine: 'native',
      mbps: 2500,
      mbpsMin: 2000,
      mbpsMax: 3000,
      ratioNaive: 25,
      ratioOpenssl: 0.625,
    });
    expect(report.rows[5]).toMatchObject({ workers: 4, mbps: 8000, ratioNaive: 80, ratioOpenssl: 2 });
  });

  it('has null for what could not be measured, and for ratios to it', () => {
    const rows = summarize([{ ...measured[0]!, samples: [null, null] }, measured[2]!]);
    expect(rows[0]).toMatchObject({ mbps: null, mbpsMin: null, mbpsMax: null, ratioOpenssl: null });
    expect(rows[1]).toMatchObject({ mbps: 2500, ratioNaive: null, ratioOpenssl: null });
    expect(xtsReportToCsv({ ...report, rows })).toContain('openssl,512,1048576,0,encrypt,,,,,\r\n');
  });

  it('[S15] puts the native engine with and without AES-NI side by side, with the ratio', () => {
    expect(report.aesNi).toEqual({
      ...MASK,
      rows: [
        { unit: 512, request: 2 ** 20, direction: 'encrypt', native: 2500, masked: 240, portable: 50, ratio: 10.42 },
      ],
    });
    const text = formatXtsReport(report);
    expect(text).toMatch(/512 B +1 MiB +encrypt +2500 +240 +10\.4 +50/);
    expect(text).toContain('9.5 times slower there, so the mask works');
  });

  it('[S15] says why it did not measure what AES-NI brings, and gives no ratio then', async () => {
    for (const [o, part] of [
      [{ arch: 'x64', hasAes: false }, 'no AES instructions'],
      [{ arch: 'arm64', hasAes: true }, 'x86-64 only'],
    ] as const) {
      const mask = await lookAtMask(o);
      expect(mask).toEqual({ slowdown: null, notMeasured: expect.stringContaining(part) });
      const without = { ...report, aesNi: findAesNi(rows, mask) };
      expect(without.aesNi.rows).toEqual([]);
      expect(formatXtsReport(without)).toContain(`AES-NI: not measured, ${mask.notMeasured}`);
    }
  });

  it('draws a bar for each engine, as long as it is fast', () => {
    const bars = formatXtsReport(report)
      .split('\n')
      .filter((line) => line.includes('#'));
    expect(bars.map((line) => line.match(/#+/)?.[0].length)).toEqual([24, 1, 15, 1, 1, 48]);
  });

  it('reads its own JSON back and nothing else', () => {
    expect(parseXtsReport(JSON.stringify(report))).toEqual(report);
    for (const text of ['', '[]', 'null', '{"rows":1}']) expect(parseXtsReport(text)).toBeNull();
  });

  it('compares with an earlier run, biggest loss first', () => {
    const slower = summarize(
      measured.map((one) => ({
        ...one,
        samples: one.samples.map((mbps) => (mbps ?? 0) / (one.engine === 'naive' ? 1 : 2)),
      })),
    );
    const changes = compareWithBaseline({ ...report, rows: slower }, { ...report, rows: report.rows.slice(1) });
    expect(changes).toHaveLength(5);
    expect(changes.at(-1)).toMatchObject({ engine: 'naive', change: 0 });
    expect(formatBaseline(changes)).toContain('2500 ->   1250 MB/s   -50.0 %');
  });
});

describe('the grid', () => {
  it('sends only large requests to workers, and masks AES only where it can be', () => {
    const grid = configurations(FULL_SCOPE, { maskableAes: true });
    expect(new Set(grid.filter(({ workers }) => workers > 0).map(({ request }) => request))).toEqual(
      new Set([1_048_576, 67_108_864]),
    );
    expect(grid).toHaveLength(2 * 2 * (4 * 5 + 2 * 3));
    expect(new Set(grid.map((one) => JSON.stringify(one))).size).toBe(grid.length);
    expect(configurations(FULL_SCOPE, { maskableAes: false }).some(({ engine }) => engine === 'native-no-aesni')).toBe(
      false,
    );
  });
});
