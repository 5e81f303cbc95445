import { fileURLToPath } from 'node:url';
import { MeasuredHost } from '../disk/measured-host.js';
import { convertToLuks, qemuImgVersion } from '../disk/qemu-luks.js';
import type { Spent } from '../disk/spent.js';
import { withWorkFolder } from '../disk/work-folder.js';
import { inFreshProcess } from '../fresh-process.js';
import { describeMachine } from '../xts/machine.js';
import { type RecryptReport, type RecryptRound, type RecryptSubject, recryptBars, summarizeRecrypt } from './report.js';
import type { StepResult, StepWork } from './steps.js';

/** Processes run what was built, also when the bench itself is run from its sources. */
const MEASURED_PROCESS = fileURLToPath(new URL('../../dist/recrypt/measured-process.js', import.meta.url));

const WINDOW_BYTES = 2 ** 20;

/**
 * One round. A bare loop stands before each change that is held against it, so that both meet the same hour; encrypting
 * comes right after qemu-img's conversion of the same plain disk. Each round ends as it began, with an encrypted disk.
 */
const ROUND: readonly RecryptSubject[] = [
  ...(['bare-recrypt', 'deep-beside', 'bare-recrypt', 'deep-in-place', 'bare-write', 'guest-write'] as const),
  ...(['shallow', 'bare-recrypt', 'decrypt', 'qemu-luks', 'encrypt'] as const),
];

/** What to measure. */
export interface RecryptBenchOptions {
  /** Of the disk, whole MiB; 1 GiB unless told. */
  readonly sizeBytes?: number;
  /** Data unit; 512 unless told. */
  readonly unit?: 512 | 4096;
  /** 5 unless told. */
  readonly rounds?: number;
  /** Gets what takes the folder away that is measured in, for a program that is ended meanwhile. */
  readonly onWorkFolder?: (takeAway: () => void) => void;
  readonly onProgress?: (done: number, total: number, what: RecryptSubject) => void;
}

/**
 * Measures changes of keys of one VM through its host, each in a process of its own, alternating with the bare loop and
 * with `qemu-img`. After each the guest's bytes are compared.
 *
 * @throws Error when a process fails, above all when the guest reads other bytes than it wrote; where there is no room
 */
export async function runRecryptBench(o: RecryptBenchOptions = {}): Promise<RecryptReport> {
  const { sizeBytes = 2 ** 30, unit = 512, rounds = 5, onProgress = () => {} } = o;
  if (sizeBytes < WINDOW_BYTES || sizeBytes % WINDOW_BYTES !== 0) throw new Error('a measured disk has whole MiB');
  return withWorkFolder(3 * sizeBytes + 64 * WINDOW_BYTES, o.onWorkFolder, async ({ path: folder, memoryBacked }) => {
    let boot = 0;
    const run = (step: StepWork['step']): Promise<StepResult> => {
      boot += 1;
      return inFreshProcess<StepResult>(MEASURED_PROCESS, { folder, boot, step, sizeBytes, unit } satisfies StepWork);
    };
    await run('prepare');
    const qemuImg = qemuImgVersion();
    const measured: RecryptRound[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const found = new Map<RecryptSubject, StepResult>();
      const bareBefore = new Map<RecryptSubject, Spent>();
      for (const [at, what] of ROUND.entries()) {
        onProgress(round * ROUND.length + at, rounds * ROUND.length, what);
        const result = what === 'qemu-luks' ? await qemu(folder, sizeBytes, qemuImg) : await run(what);
        if (result === null) continue;
        found.set(what, result);
        const bare = found.get('bare-recrypt');
        if (bare !== undefined && isChange(what)) bareBefore.set(what, bare);
      }
      measured.push({ found, bareBefore });
    }
    const rows = summarizeRecrypt(measured, sizeBytes);
    const shallow = mostOf(measured);
    const bars = recryptBars(measured, rows, shallow);
    return { machine: describeMachine(), qemuImg, rounds, sizeBytes, unit, memoryBacked, rows, shallow, bars };
  });
}

async function qemu(folder: string, sizeBytes: number, version: string | null): Promise<StepResult | null> {
  return version === null ? null : convertToLuks(folder, await MeasuredHost.extentPath({ folder }), sizeBytes);
}

function isChange(what: RecryptSubject): boolean {
  return ['deep-beside', 'deep-in-place', 'decrypt', 'encrypt'].includes(what);
}

/** The most that any shallow recrypt did with files. */
function mostOf(rounds: readonly RecryptRound[]): RecryptReport['shallow'] {
  const shallow = rounds.flatMap(({ found }) => found.get('shallow') ?? []);
  return {
    extentOperations: Math.max(0, ...shallow.map(({ extentOperations = 0 }) => extentOperations)),
    bytesWritten: Math.max(0, ...shallow.map(({ bytesWritten = 0 }) => bytesWritten)),
  };
}
