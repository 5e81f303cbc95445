import { type Bar, median } from '../bars.js';
import type { Spent } from '../disk/spent.js';
import type { Machine } from '../xts/machine.js';
import type { StepResult, StepWork } from './steps.js';

/** What is measured: our steps, the two bare loops, and qemu-img. */
export type RecryptSubject = Exclude<StepWork['step'], 'prepare'> | 'qemu-luks';

/** What one subject took; medians over the rounds. */
export interface RecryptRow {
  readonly what: RecryptSubject;
  readonly cpuSecondsPerGiB: number;
  readonly cpuMin: number;
  readonly cpuMax: number;
  readonly wallSeconds: number;
  /** MB (10^6 bytes) of the disk a second. */
  readonly mbps: number;
  /** Its processor time to that of the bare loop next to it; the median of the rounds' own ratios. */
  readonly ratioBare: number | null;
}

/** Everything that one run found out; `--json` writes it as it is. */
export interface RecryptReport {
  readonly machine: Machine;
  readonly qemuImg: string | null;
  readonly rounds: number;
  readonly sizeBytes: number;
  readonly unit: number;
  readonly memoryBacked: boolean;
  readonly rows: readonly RecryptRow[];
  /** What a shallow recrypt did with files. */
  readonly shallow: { readonly extentOperations: number; readonly bytesWritten: number };
  readonly bars: readonly Bar[];
}

/** One round: what each subject took, and the bare loop just before it where it is held against that. */
export interface RecryptRound {
  readonly found: ReadonlyMap<RecryptSubject, StepResult>;
  readonly bareBefore: ReadonlyMap<RecryptSubject, Spent>;
}

const GIB = 2 ** 30;
const [BESIDE_MAX, IN_PLACE_MAX, QEMU_MIN, GUEST_WRITE_MIN] = [1.5, 3, 2.5, 0.75];
const SHALLOW_BYTES_MAX = 65_536;

/** Medians, ranges and ratios. A ratio is taken round by round, because what disturbs a round disturbs both. */
export function summarizeRecrypt(rounds: readonly RecryptRound[], sizeBytes: number): RecryptRow[] {
  const subjects = [...new Set(rounds.flatMap(({ found }) => [...found.keys()]))];
  return subjects.map((what) => {
    const results = rounds.flatMap(({ found }) => found.get(what) ?? []);
    const cpu = results.map(({ cpuSeconds }) => (cpuSeconds * GIB) / sizeBytes);
    const wallSeconds = median(results.map((one) => one.wallSeconds)) ?? 0;
    return {
      what,
      cpuSecondsPerGiB: round3(median(cpu) ?? 0),
      ...{ cpuMin: round3(Math.min(...cpu)), cpuMax: round3(Math.max(...cpu)) },
      wallSeconds: round3(wallSeconds),
      mbps: Math.round(sizeBytes / 1e6 / wallSeconds),
      ratioBare: rounded(median(rounds.flatMap((round) => cpuRatio(round, what)))),
    };
  });
}

function cpuRatio({ found, bareBefore }: RecryptRound, what: RecryptSubject): number[] {
  const [own, bare] = [found.get(what), bareBefore.get(what)];
  return own === undefined || bare === undefined ? [] : [own.cpuSeconds / bare.cpuSeconds];
}

/** Holds what was found against what is promised. */
export function recryptBars(
  rounds: readonly RecryptRound[],
  rows: readonly RecryptRow[],
  shallow: RecryptReport['shallow'],
): Bar[] {
  const ratioOf = (what: RecryptSubject): number | null => rows.find((row) => row.what === what)?.ratioBare ?? null;
  const wallRatio = (base: RecryptSubject, own: RecryptSubject): number | null =>
    median(
      rounds.flatMap(({ found }) => {
        const [slower, faster] = [found.get(base)?.wallSeconds, found.get(own)?.wallSeconds];
        return slower === undefined || faster === undefined ? [] : [slower / faster];
      }),
    );
  return [
    atMost('deep recrypt beside, CPU', ratioOf('deep-beside'), BESIDE_MAX),
    atMost('deep recrypt in place, CPU', ratioOf('deep-in-place'), IN_PLACE_MAX),
    atLeast('encrypting a disk, speed', wallRatio('qemu-luks', 'encrypt'), QEMU_MIN, 'qemu-img to LUKS'),
    atLeast('guest writes of 1 MiB', wallRatio('bare-write', 'guest-write'), GUEST_WRITE_MIN, 'engine and pwrite'),
    shallowBar(shallow),
  ];
}

function atMost(what: string, ratio: number | null, most: number): Bar {
  return {
    what,
    wanted: `at most ${most} x bare loop`,
    found: shown(ratio),
    reached: ratio === null ? null : ratio <= most,
  };
}

function atLeast(what: string, ratio: number | null, least: number, peer: string): Bar {
  return {
    what,
    wanted: `at least ${least} x ${peer}`,
    found: shown(ratio),
    reached: ratio === null ? null : ratio >= least,
  };
}

function shallowBar({ extentOperations, bytesWritten }: RecryptReport['shallow']): Bar {
  return {
    what: 'shallow',
    wanted: `no call on extents, at most ${SHALLOW_BYTES_MAX / 1024} KiB written`,
    found: `${extentOperations}, ${bytesWritten} B`,
    reached: extentOperations === 0 && bytesWritten <= SHALLOW_BYTES_MAX,
  };
}

function shown(ratio: number | null): string | null {
  return ratio === null ? null : `${ratio.toFixed(2)} x`;
}

const round3 = (number: number): number => Math.round(number * 1000) / 1000;
const rounded = (number: number | null): number | null => (number === null ? null : round3(number));
