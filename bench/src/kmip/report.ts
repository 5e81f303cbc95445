import type { Machine } from '../xts/machine.js';
import type { Sample, Workload } from './load.js';

/**
 * `vcryptsim-ec` is our server with `--ec`, whose EC certificate these clients are shown; `vcryptsim-tls12` is our server
 * with clients that speak what PyKMIP speaks at best: TLS 1.2 with AES128-SHA256.
 */
export type MeasuredSubject = 'vcryptsim' | 'vcryptsim-ec' | 'vcryptsim-tls12' | 'pykmip';

/** Where a server keeps its store: in a memory-backed folder, or on a disk whose fsync is real. */
export type StorePlace = 'memory' | 'disk';

/** One configuration. */
export interface KmipConfiguration {
  readonly subject: MeasuredSubject;
  readonly place: StorePlace;
  readonly workload: Workload;
}

/** A configuration with its result. */
export interface KmipRow extends KmipConfiguration {
  /** Turns a second: requests, or whole conversations. Median, least and most over the rounds. */
  readonly perSecond: number;
  readonly perSecondMin: number;
  readonly perSecondMax: number;
  /** Time of one turn; medians over the rounds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** TLS version and suite that were negotiated, and the kind of key in the server's certificate. */
  readonly tls: string;
  /** To PyKMIP with the same store and workload; the median of the rounds' own ratios. Null without PyKMIP. */
  readonly ratioPykmip: number | null;
}

/** A bar and whether it was reached; null where PyKMIP is missing. */
export interface KmipBar {
  readonly workload: Workload;
  readonly place: StorePlace;
  readonly wanted: number;
  readonly ratio: number | null;
  readonly reached: boolean | null;
}

/** Everything that one run found out; `--json` writes it as it is. */
export interface KmipReport {
  readonly machine: Machine;
  /** Version of PyKMIP, or null where it is not installed. */
  readonly pykmip: string | null;
  readonly rounds: number;
  readonly seconds: number;
  /** Client processes, and connections of each. */
  readonly clients: number;
  readonly connectionsPerClient: number;
  /** Whether the memory-backed folder is one. */
  readonly memoryBacked: boolean;
  /** Appends of 512 bytes with an fsync each, a second, one after the other: what each place can do at most. */
  readonly fsyncsPerSecond: Readonly<Record<StorePlace, number>>;
  readonly rows: readonly KmipRow[];
  readonly bars: readonly KmipBar[];
}

/** Samples of one configuration, one for each round. */
export interface KmipMeasured extends KmipConfiguration {
  readonly samples: readonly Sample[];
}

/** What the product promises, beside PyKMIP, with the store in memory: there no disk hides the server. */
const BARS: Readonly<Record<Workload, number>> = { get: 10, create: 3, 'power-on': 3 };

/** Medians, ranges and ratios. A ratio is taken round by round, because what disturbs a round disturbs both. */
export function summarizeKmip(measured: readonly KmipMeasured[]): KmipRow[] {
  return measured.map(({ samples, ...configuration }) => {
    const rates = samples.map((sample) => sample.perSecond);
    const { workload, place } = configuration;
    const peer = measured.find((one) => one.subject === 'pykmip' && one.workload === workload && one.place === place);
    const ratios = rates.flatMap((rate, round) => {
      const beside = peer?.samples[round]?.perSecond;
      return beside === undefined ? [] : [rate / beside];
    });
    return {
      ...configuration,
      perSecond: round1(median(rates)),
      perSecondMin: round1(Math.min(...rates)),
      perSecondMax: round1(Math.max(...rates)),
      p50Ms: round3(median(samples.map((sample) => sample.p50Ms))),
      p99Ms: round3(median(samples.map((sample) => sample.p99Ms))),
      tls: samples[0]?.tls ?? '',
      ratioPykmip: ratios.length === 0 ? null : round3(median(ratios)),
    };
  });
}

/** Holds the rows against what is promised. */
export function kmipBars(rows: readonly KmipRow[]): KmipBar[] {
  return Object.entries(BARS).flatMap(([name, wanted]) => {
    const row = rows.find(
      ({ subject, place, workload }) => subject === 'vcryptsim' && place === 'memory' && workload === name,
    );
    if (row === undefined) return [];
    const { workload, place, ratioPykmip: ratio } = row;
    return [{ workload, place, wanted, ratio, reached: ratio === null ? null : ratio >= wanted }];
  });
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

const round1 = (number: number): number => Math.round(number * 10) / 10;
const round3 = (number: number): number => Math.round(number * 1000) / 1000;
