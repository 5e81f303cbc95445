import { fileURLToPath } from 'node:url';
import { inFreshProcess } from '../fresh-process.js';
import { describeMachine } from '../xts/machine.js';
import type { LoadResult } from './disk-load.js';
import type { DiskWork } from './disk-work.js';
import { type DmCryptResult, writeThroughDmCrypt } from './dm-crypt.js';
import { MeasuredHost, type MeasuredUnit } from './measured-host.js';
import { convertToLuks, qemuImgVersion } from './qemu-luks.js';
import { type DiskConfiguration, type DiskReport, diskBars, dmCryptRow, qemuRow, summarizeDisk } from './report.js';
import type { Spent } from './spent.js';
import { withWorkFolder } from './work-folder.js';

/** Processes run what was built, also when the bench itself is run from its sources. */
const MEASURED_PROCESS = fileURLToPath(new URL('../../dist/disk/measured-process.js', import.meta.url));

const MIB = 2 ** 20;
/** 20,000 before a measurement of 300 ms. */
const WARM_UP_REQUESTS_PER_MS = 67;
const UNITS: readonly MeasuredUnit[] = [null, 512, 4096];

/** What to measure. */
export interface DiskBenchOptions {
  /** Of each disk, whole MiB, at least 2; 256 MiB unless told. */
  readonly sizeBytes?: number;
  /** 3 unless told. */
  readonly rounds?: number;
  /** Length of one measurement; 300 unless told. */
  readonly measureMs?: number;
  /** Bytes of a request; 4 KiB, 64 KiB and 1 MiB unless told. */
  readonly requests?: readonly number[];
  /** 1, 8 and 32 unless told. */
  readonly depths?: readonly number[];
  /** Gets what takes the folder away that is measured in, for a program that is ended meanwhile. */
  readonly onWorkFolder?: (takeAway: () => void) => void;
  readonly onProgress?: (done: number, total: number, configuration: DiskConfiguration) => void;
}

/**
 * Puts loads on disks through the one path that a guest has, host, guest disk, IO filter and extent file: plain, and in data
 * units of 512 and 4,096 bytes. Beside each a bare loop of engine and file calls, and other people's programs.
 *
 * @throws Error when a process fails, above all when a disk gives back other bytes than were written; where there is no room
 */
export async function runDiskBench(o: DiskBenchOptions = {}): Promise<DiskReport> {
  const { sizeBytes = 256 * MIB, rounds = 3, measureMs = 300, onProgress = () => {} } = o;
  const { requests = [4096, 65_536, MIB], depths = [1, 8, 32] } = o;
  if (sizeBytes < 2 * MIB || sizeBytes % MIB !== 0) throw new Error('a measured disk has whole MiB, at least 2');
  return withWorkFolder(5 * sizeBytes + 64 * MIB, o.onWorkFolder, async ({ path, memoryBacked }) => {
    const warmUpRequests = WARM_UP_REQUESTS_PER_MS * measureMs;
    const boots = new Map<MeasuredUnit, number>();
    const run = (one: DiskConfiguration | { subject: 'prepare'; unit: MeasuredUnit }): Promise<LoadResult[]> => {
      const boot = (boots.get(one.unit) ?? 0) + 1;
      boots.set(one.unit, boot);
      const place = { folder: folderOf(path, one.unit), boot, sizeBytes, measureMs, depths, warmUpRequests };
      return inFreshProcess(MEASURED_PROCESS, {
        ...{ direction: 'read', requestBytes: MIB },
        ...one,
        ...place,
      } satisfies DiskWork);
    };
    for (const unit of UNITS) await run({ subject: 'prepare', unit });
    const qemuImg = qemuImgVersion();
    const measured = new Map(configurations(requests).map((one) => [one, [] as LoadResult[][]]));
    const [qemu, dmCrypt]: [Spent[], DmCryptResult[]] = [[], []];
    let done = 0;
    for (let round = 0; round < rounds; round += 1) {
      for (const [configuration, found] of measured) {
        onProgress(done++, measured.size * rounds, configuration);
        found.push(await run(configuration));
      }
      const raw = await MeasuredHost.extentPath({ folder: folderOf(path, null) });
      const converted = qemuImg === null ? null : convertToLuks(path, raw, sizeBytes);
      if (converted !== null) qemu.push(converted);
      dmCrypt.push(writeThroughDmCrypt(path, sizeBytes));
    }
    const rows = summarizeDisk([...measured].map(([one, found]) => ({ ...one, rounds: found })));
    const peers = [qemuRow(qemu, sizeBytes), dmCryptRow(dmCrypt)];
    return { machine: describeMachine(), qemuImg, rounds, sizeBytes, memoryBacked, rows, peers, bars: diskBars(rows) };
  });
}

function folderOf(path: string, unit: MeasuredUnit): string {
  return `${path}/${unit ?? 'plain'}`;
}

/** A bare loop comes right before the guest that is held against it. */
function configurations(requests: readonly number[]): DiskConfiguration[] {
  return (['write', 'read'] as const).flatMap((direction) =>
    requests.flatMap((requestBytes) =>
      UNITS.flatMap((unit) =>
        (['bare', 'guest'] as const).map((subject) => ({ subject, unit, direction, requestBytes })),
      ),
    ),
  );
}
