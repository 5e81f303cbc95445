import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { MeasuredHost } from '../src/disk/measured-host.js';
import { secondsOf } from '../src/disk/qemu-luks.js';
import { NoRoomError, withWorkFolder } from '../src/disk/work-folder.js';
import { formatRecryptReport, type RecryptReport } from '../src/index.js';
import { type RecryptRound, type RecryptSubject, recryptBars, summarizeRecrypt } from '../src/recrypt/report.js';
import { runStep, type StepWork } from '../src/recrypt/steps.js';

const SIZE_BYTES = 2 * 2 ** 20;

/** A round in which each subject took so many seconds, processor time and wall alike. */
function round(seconds: Partial<Record<RecryptSubject, number>>, bare = seconds['bare-recrypt']): RecryptRound {
  const took = (one: number) => ({ cpuSeconds: one, wallSeconds: one });
  const found = new Map(Object.entries(seconds).map(([what, one]) => [what as RecryptSubject, took(one)]));
  const bareBefore = new Map(bare === undefined ? [] : [...found.keys()].map((what) => [what, took(bare)]));
  return { found, bareBefore };
}

const SHALLOW = { extentOperations: 0, bytesWritten: 65_536 };

function reached(seconds: Partial<Record<RecryptSubject, number>>, shallow = SHALLOW): (boolean | null)[] {
  const rounds = [round(seconds)];
  return recryptBars(rounds, summarizeRecrypt(rounds, 2 ** 30), shallow).map((bar) => bar.reached);
}

describe('the report of bench recrypt', () => {
  it('has medians for each GiB, and ratios that are taken round by round', () => {
    const rounds = [
      round({ 'bare-recrypt': 1, 'deep-beside': 1.2 }),
      round({ 'bare-recrypt': 10, 'deep-beside': 13 }),
      round({ 'bare-recrypt': 2, 'deep-beside': 2.8 }),
    ];
    expect(summarizeRecrypt(rounds, 2 ** 29)[1]).toEqual({
      what: 'deep-beside',
      ...{ cpuSecondsPerGiB: 5.6, cpuMin: 2.4, cpuMax: 26, wallSeconds: 2.8, mbps: 192, ratioBare: 1.3 },
    });
  });

  it('holds each bar at its edge', () => {
    const good = { 'bare-recrypt': 1, 'deep-beside': 1.5, 'deep-in-place': 3, 'bare-write': 3, 'guest-write': 4 };
    expect(reached({ ...good, 'qemu-luks': 2.5, encrypt: 1 })).toEqual([true, true, true, true, true]);
    const bad = { ...good, 'deep-beside': 1.51, 'deep-in-place': 3.01, 'guest-write': 4.01, 'qemu-luks': 2.49 };
    const touched = { extentOperations: 1, bytesWritten: 0 };
    expect(reached({ ...bad, encrypt: 1 }, touched)).toEqual([false, false, false, false, false]);
    expect(reached({ encrypt: 1 }, { extentOperations: 0, bytesWritten: 65_537 })).toEqual([
      ...[null, null, null, null],
      false,
    ]);
  });

  it('says in 80 columns what was measured, reached and missed', () => {
    const rounds = [round({ 'bare-recrypt': 1, shallow: 0.01, 'deep-beside': 2, encrypt: 1 })];
    const rows = summarizeRecrypt(rounds, 2 ** 30);
    const machine = { cpu: 'A CPU', cores: 4, aes: true, vaes: false, node: '20', opensslOfNode: '3' };
    const report: RecryptReport = {
      machine: { ...machine, opensslCommand: null },
      ...{ qemuImg: null, rounds: 1, sizeBytes: 2 ** 30, unit: 512, memoryBacked: false },
      ...{ rows, shallow: SHALLOW, bars: recryptBars(rounds, rows, SHALLOW) },
    };
    const text = formatRecryptReport(report, 80);
    expect(text).toContain('2.00 x, MISSED');
    expect(text).toContain('not measured');
    expect(text).toContain('there was no room in memory');
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it('reads what a shell’s times prints', () => {
    expect(secondsOf('0m1.250s 1m0.500s')).toBeCloseTo(61.75);
    expect(secondsOf('')).toBe(0);
  });
});

describe('a folder to measure in', () => {
  it('is new, is taken away, and is refused where there is no room', async () => {
    const taking: (() => void)[] = [];
    const path = await withWorkFolder(
      1,
      (takeAway) => taking.push(takeAway),
      async (folder) => {
        taking[0]?.();
        return folder.path;
      },
    );
    expect(() => rmSync(path, { recursive: true })).toThrow('ENOENT');
    await expect(withWorkFolder(Number.MAX_SAFE_INTEGER, undefined, async () => 0)).rejects.toBeInstanceOf(NoRoomError);
  });
});

describe('the steps of bench recrypt', () => {
  let folder = '';
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const steps = (): ((step: StepWork['step']) => ReturnType<typeof runStep>) => {
    folder = mkdtempSync(join(tmpdir(), 'vcryptsim-recrypt-'));
    let boot = 0;
    return (step) => runStep({ folder, boot: ++boot, step, sizeBytes: SIZE_BYTES, unit: 4096 });
  };

  it('do what they are named after, with the guest’s bytes compared after each', async () => {
    const run = steps();
    await run('prepare');
    const shallow = await run('shallow');
    expect(shallow).toMatchObject({ extentOperations: 0 });
    expect(shallow.bytesWritten).toBeGreaterThan(0);
    const states: string[] = [];
    for (const step of ['deep-beside', 'deep-in-place', 'decrypt', 'encrypt'] as const) {
      const result = await run(step);
      expect(result.wallSeconds).toBeGreaterThan(0);
      const bytes = new Uint8Array(16);
      const file = await open(await MeasuredHost.extentPath({ folder }), 'r');
      await file.read(bytes, 0, 16, SIZE_BYTES / 2 - 16);
      await file.close();
      states.push(Buffer.from(bytes).toString('hex'));
    }
    expect(new Set(states).size).toBe(states.length);
    for (const bare of ['guest-write', 'bare-recrypt', 'bare-write'] as const) {
      expect((await run(bare)).cpuSeconds).toBeGreaterThan(0);
    }
  });

  it('fail when the guest reads another byte than it wrote', async () => {
    const run = steps();
    await run('prepare');
    const file = await open(await MeasuredHost.extentPath({ folder }), 'r+');
    await file.write(new Uint8Array([1, 2, 3]), 0, 3, 100);
    await file.close();
    await expect(run('shallow')).rejects.toThrow('the guest reads other bytes at 0');
  });
});
