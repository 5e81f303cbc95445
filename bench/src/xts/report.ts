import type { Direction } from '@vcryptsim/crypto-core';
import type { AesMask } from './aes-mask.js';
import type { Machine } from './machine.js';

/**
 * What is measured: `portable` and `native` are the product's engines, `naive` one OpenSSL cipher for each data unit,
 * `native-no-aesni` the native engine with the processor's AES instructions masked, `openssl` the `openssl speed` loop.
 */
export type MeasuredEngine = 'portable' | 'naive' | 'native' | 'native-no-aesni' | 'openssl';

/** One configuration: every one is measured in processes of its own. */
export interface Configuration {
  readonly engine: MeasuredEngine;
  /** Data unit, bytes. */
  readonly unit: number;
  /** Bytes that one call turns over. */
  readonly request: number;
  /** Worker threads; 0 is inline, on the caller's thread. */
  readonly workers: number;
  readonly direction: Direction;
}

/** A configuration with its result; MB are 10^6 bytes. */
export interface XtsRow extends Configuration {
  /** Median over the rounds, MB/s; null where it could not be measured. */
  readonly mbps: number | null;
  readonly mbpsMin: number | null;
  readonly mbpsMax: number | null;
  /** To `naive` of the same unit, request and direction. */
  readonly ratioNaive: number | null;
  /** To `openssl` of the same unit and direction. */
  readonly ratioOpenssl: number | null;
}

/** The native engine with the processor's AES instructions and without, one line of mission row S15. */
export interface AesNiRow {
  readonly unit: number;
  readonly request: number;
  readonly direction: Configuration['direction'];
  /** MB/s, medians. */
  readonly native: number;
  readonly masked: number;
  /** Without OpenSSL at all. */
  readonly portable: number | null;
  /** native / masked */
  readonly ratio: number;
}

/** What AES-NI brings, or why that was not measured. */
export interface AesNiFinding extends AesMask {
  readonly rows: readonly AesNiRow[];
}

/** Everything that one run of the bench found out; `--json` writes it as it is. */
export interface XtsReport {
  readonly machine: Machine;
  /** Processes for each configuration. */
  readonly rounds: number;
  readonly rows: readonly XtsRow[];
  readonly aesNi: AesNiFinding;
}

/** Samples of one configuration, MB/s, one for each round; null where a round could not be measured. */
export interface Measured extends Configuration {
  readonly samples: readonly (number | null)[];
}

/** Medians, ranges and ratios. */
export function summarize(measured: readonly Measured[]): XtsRow[] {
  const medians = measured.map((one) => ({ ...one, mbps: median(one.samples) }));
  return medians.map(({ samples, ...row }) => {
    const known = samples.filter((sample) => sample !== null);
    const same = medians.filter(({ unit, direction }) => unit === row.unit && direction === row.direction);
    const naive = same.find(({ engine, request }) => engine === 'naive' && request === row.request);
    const openssl = same.find(({ engine }) => engine === 'openssl');
    return {
      ...row,
      mbpsMin: known.length === 0 ? null : Math.min(...known),
      mbpsMax: known.length === 0 ? null : Math.max(...known),
      ratioNaive: ratio(row.mbps, naive?.mbps ?? null),
      ratioOpenssl: ratio(row.mbps, openssl?.mbps ?? null),
    };
  });
}

/** Whether two rows, of whatever runs, are about the same thing. */
export function sameConfiguration(a: Configuration, b: Configuration): boolean {
  return (
    a.engine === b.engine &&
    a.unit === b.unit &&
    a.request === b.request &&
    a.workers === b.workers &&
    a.direction === b.direction
  );
}

function median(samples: readonly (number | null)[]): number | null {
  const sorted = samples.filter((sample) => sample !== null).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

function ratio(mbps: number | null, base: number | null): number | null {
  return mbps === null || base === null ? null : Math.round((mbps / base) * 1000) / 1000;
}
