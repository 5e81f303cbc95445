import { type Bar, median } from '../bars.js';
import type { Machine } from '../xts/machine.js';
import type { IoDirection, LoadResult } from './disk-load.js';
import type { DiskSubject } from './disk-work.js';
import type { DmCryptResult } from './dm-crypt.js';
import type { MeasuredUnit } from './measured-host.js';

/** One load; a `unit` of null is a plain disk. */
export interface DiskConfiguration {
  readonly subject: DiskSubject;
  readonly unit: MeasuredUnit;
  readonly direction: IoDirection;
  readonly requestBytes: number;
}

/** A load at one depth; each number the median over the rounds. */
export interface DiskRow extends DiskConfiguration, LoadResult {
  /** Bytes a second to those of the bare loop with the same unit, request and direction; of the rounds' own ratios. */
  readonly ratioBare: number | null;
  /** The bare loop's processor time for the same bytes to its own; likewise. */
  readonly ratioBareCpu: number | null;
}

/** A conversion of a whole disk by somebody else. */
export interface PeerRow {
  readonly what: 'qemu-img, raw to LUKS' | 'dm-crypt, writes of 1 MiB';
  readonly mbps: number | null;
  readonly cpuSecondsPerGiB: number | null;
  readonly notMeasured: string | null;
}

/** Everything that one run found out; `--json` writes it as it is. */
export interface DiskReport {
  readonly machine: Machine;
  readonly qemuImg: string | null;
  readonly rounds: number;
  readonly sizeBytes: number;
  readonly memoryBacked: boolean;
  readonly rows: readonly DiskRow[];
  readonly peers: readonly PeerRow[];
  readonly bars: readonly Bar[];
}

/** What each round found for one configuration: its depths in order. */
export interface DiskMeasured extends DiskConfiguration {
  readonly rounds: readonly (readonly LoadResult[])[];
}

const GUEST_WRITE_MIN = 0.75;
const MIB = 2 ** 20;

/** Medians and ratios. */
export function summarizeDisk(measured: readonly DiskMeasured[]): DiskRow[] {
  return measured.flatMap(({ rounds, ...configuration }) => {
    const bare = measured.find(
      ({ subject, unit, direction, requestBytes }) =>
        subject === 'bare' &&
        unit === configuration.unit &&
        direction === configuration.direction &&
        requestBytes === configuration.requestBytes,
    );
    return (rounds[0] ?? []).map(({ depth }, at) => {
      const results = rounds.flatMap((round) => round[at] ?? []);
      const of = (pick: (one: LoadResult) => number): number => round3(median(results.map(pick)) ?? 0);
      const besides = rounds.flatMap((round, number) => {
        const [own, beside] = [round[at], bare?.rounds[number]?.[0]];
        return own === undefined || beside === undefined ? [] : [{ own, beside }];
      });
      const ratioOf = (pick: (pair: { own: LoadResult; beside: LoadResult }) => number): number | null => {
        const found = configuration.subject === 'bare' ? null : median(besides.map(pick));
        return found === null ? null : round3(found);
      };
      return {
        ...configuration,
        depth,
        ...{ mbps: of((one) => one.mbps), iops: of((one) => one.iops) },
        ...{ p50Us: of((one) => one.p50Us), p99Us: of((one) => one.p99Us) },
        cpuSecondsPerGiB: of((one) => one.cpuSecondsPerGiB),
        ratioBare: ratioOf(({ own, beside }) => own.mbps / beside.mbps),
        ratioBareCpu: ratioOf(({ own, beside }) => beside.cpuSecondsPerGiB / own.cpuSecondsPerGiB),
      };
    });
  });
}

/** Holds the rows against what is promised: a guest's writes of 1 MiB, one at a time. */
export function diskBars(rows: readonly DiskRow[]): Bar[] {
  return rows
    .filter((row) => row.subject === 'guest' && row.unit !== null && row.direction === 'write')
    .filter((row) => row.requestBytes === MIB && row.depth === 1)
    .map(({ unit, ratioBare, ratioBareCpu }) => ({
      what: `1 MiB writes, units of ${unit}`,
      wanted: `at least ${GUEST_WRITE_MIN} x bare`,
      found: ratioBare === null ? null : `${ratioBare.toFixed(2)} x (CPU ${ratioBareCpu?.toFixed(2)})`,
      reached: ratioBare === null ? null : ratioBare >= GUEST_WRITE_MIN,
    }));
}

/** What dm-crypt did over all rounds, as a row. */
export function dmCryptRow(results: readonly DmCryptResult[]): PeerRow {
  const rates = results.flatMap((one) => ('mbps' in one ? one.mbps : []));
  const reason = results.flatMap((one) => ('notMeasured' in one ? one.notMeasured : []))[0] ?? null;
  const mbps = median(rates);
  return {
    what: 'dm-crypt, writes of 1 MiB',
    mbps: mbps === null ? null : round3(mbps),
    // The work is done by threads of the kernel, whose time nobody gives us.
    cpuSecondsPerGiB: null,
    notMeasured: mbps === null ? (reason ?? 'no round was run') : null,
  };
}

/** What `qemu-img` did over all rounds, as a row. */
export function qemuRow(
  results: readonly { readonly cpuSeconds: number; readonly wallSeconds: number }[],
  sizeBytes: number,
): PeerRow {
  const seconds = median(results.map(({ wallSeconds }) => wallSeconds));
  const cpu = median(results.map(({ cpuSeconds }) => cpuSeconds));
  return {
    what: 'qemu-img, raw to LUKS',
    mbps: seconds === null ? null : round3(sizeBytes / 1e6 / seconds),
    cpuSecondsPerGiB: cpu === null ? null : round3((cpu * 2 ** 30) / sizeBytes),
    notMeasured: seconds === null ? 'there is no qemu-img that makes LUKS images' : null,
  };
}

const round3 = (number: number): number => Math.round(number * 1000) / 1000;
