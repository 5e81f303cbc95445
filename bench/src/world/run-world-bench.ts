import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { WorldReport, WorldRow } from './report.js';

/** Processes run what was built, also when the bench itself is run from its sources. */
const MEASURED_PROCESS = fileURLToPath(new URL('../../dist/world/measured-process.js', import.meta.url));

/** Which worlds to run. */
export interface WorldBenchOptions {
  /** Numbers of VMs; 100, 1,000 and 10,000 unless told. */
  readonly vms?: readonly number[];
  /** VMs whose disks are compared in each world; 100 unless told. */
  readonly samples?: number;
  /** Told how many VMs of how many there are in the world that runs. */
  readonly onProgress?: (made: number, vms: number) => void;
}

/**
 * Runs worlds of different sizes, each in a process of its own, one after another, and reports what each cost.
 *
 * @throws Error when a process fails, above all when a disk is not what was written
 */
export async function runWorldBench(o: WorldBenchOptions = {}): Promise<WorldReport> {
  const { vms = [100, 1_000, 10_000], samples = 100, onProgress = () => {} } = o;
  const rows: WorldRow[] = [];
  for (const count of vms) rows.push(await inFreshProcess(count, samples, onProgress));
  return { rows };
}

function inFreshProcess(
  vms: number,
  samples: number,
  onProgress: (made: number, vms: number) => void,
): Promise<WorldRow> {
  const child = spawn(process.execPath, [MEASURED_PROCESS, JSON.stringify({ vms, samples })], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let [printed, complaint] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (printed += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  child.on('message', ({ made }: { readonly made: number }) => onProgress(made, vms));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(printed) as WorldRow);
      else reject(new Error(`the world of ${vms} VMs ended with code ${code}: ${complaint.trim()}`));
    });
  });
}
