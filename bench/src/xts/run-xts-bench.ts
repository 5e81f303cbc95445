import { fileURLToPath } from 'node:url';
import { inFreshProcess } from '../fresh-process.js';
import { lookAtMask, NO_AESNI } from './aes-mask.js';
import { findAesNi } from './aes-ni.js';
import { configurations, FULL_SCOPE, type XtsScope } from './configurations.js';
import { describeMachine } from './machine.js';
import { opensslSpeed } from './openssl-speed.js';
import { type Configuration, type Measured, summarize, type XtsReport } from './report.js';

/** Processes run what was built, also when the bench itself is run from its sources. */
const MEASURED_PROCESS = fileURLToPath(new URL('../../dist/xts/measured-process.js', import.meta.url));

/** What to measure, and how often. */
export interface XtsBenchOptions extends Partial<XtsScope> {
  /** Processes for each configuration; 5 unless told. */
  readonly rounds?: number;
  /** Called before each process. */
  readonly onProgress?: (done: number, total: number, configuration: Configuration) => void;
}

/**
 * Measures every configuration in fresh processes, round after round, so that what disturbs the machine disturbs all
 * alike; reports medians, ranges and ratios.
 *
 * @throws Error when a process fails, above all when an engine's bytes differ from OpenSSL's
 */
export async function runXtsBench(o: XtsBenchOptions = {}): Promise<XtsReport> {
  const { rounds = 5, onProgress = () => {}, ...scope } = o;
  const machine = describeMachine();
  const mask = await lookAtMask({ arch: process.arch, hasAes: machine.aes });
  const grid = configurations({ ...FULL_SCOPE, ...scope }, { maskableAes: mask.notMeasured === null });
  const samples = new Map<Configuration, (number | null)[]>(grid.map((one) => [one, []]));
  let done = 0;
  for (let round = 0; round < rounds; round++) {
    const openssl = new Map<string, number | null>();
    for (const [configuration, found] of samples) {
      onProgress(done++, grid.length * rounds, configuration);
      found.push(await measureOnce(configuration, openssl));
    }
  }
  const measured: Measured[] = [...samples].map(([configuration, found]) => ({ ...configuration, samples: found }));
  const rows = summarize(measured);
  return { machine, rounds, rows, aesNi: findAesNi(rows, mask) };
}

async function measureOnce(configuration: Configuration, openssl: Map<string, number | null>): Promise<number | null> {
  const { engine, unit, direction } = configuration;
  if (engine !== 'openssl') return measureEngine(configuration);
  // The loop knows no requests: measured once a round for each unit and direction.
  const known = openssl.get(`${unit} ${direction}`);
  if (known !== undefined) return known;
  const mbps = opensslSpeed(unit, direction);
  openssl.set(`${unit} ${direction}`, mbps);
  return mbps;
}

async function measureEngine(configuration: Configuration): Promise<number> {
  const env = configuration.engine === 'native-no-aesni' ? { ...process.env, ...NO_AESNI } : process.env;
  const mbps = await inFreshProcess<number>(MEASURED_PROCESS, configuration, env);
  return Math.round(mbps * 10) / 10;
}
