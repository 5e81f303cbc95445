import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { configurations, FULL_SCOPE, type XtsScope } from './configurations.js';
import { describeMachine } from './machine.js';
import { opensslSpeed } from './openssl-speed.js';
import { type Configuration, type Measured, summarize, type XtsReport } from './report.js';

/** Processes run what was built, also when the bench itself is run from its sources. */
const MEASURED_PROCESS = fileURLToPath(new URL('../../dist/xts/measured-process.js', import.meta.url));

/** Masks AES-NI and PCLMULQDQ (bits 57 and 33 of OPENSSL_ia32cap(3)). */
const NO_AESNI = { OPENSSL_ia32cap: '~0x200000200000000' };

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
  const grid = configurations({ ...FULL_SCOPE, ...scope }, { maskableAes: process.arch === 'x64' && machine.aes });
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
  return { machine, rounds, rows: summarize(measured) };
}

async function measureOnce(configuration: Configuration, openssl: Map<string, number | null>): Promise<number | null> {
  const { engine, unit, direction } = configuration;
  if (engine !== 'openssl') return inFreshProcess(configuration);
  // The loop knows no requests: measured once a round for each unit and direction.
  const known = openssl.get(`${unit} ${direction}`);
  if (known !== undefined) return known;
  const mbps = opensslSpeed(unit, direction);
  openssl.set(`${unit} ${direction}`, mbps);
  return mbps;
}

function inFreshProcess(configuration: Configuration): Promise<number> {
  const env = configuration.engine === 'native-no-aesni' ? { ...process.env, ...NO_AESNI } : process.env;
  const child = spawn(process.execPath, [MEASURED_PROCESS, JSON.stringify(configuration)], { env });
  let [printed, complaint] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(Math.round(Number(printed) * 10) / 10);
      else reject(new Error(`measuring ${JSON.stringify(configuration)} ended with code ${code}: ${complaint}`));
    });
  });
}
