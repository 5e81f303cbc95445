import { copyFileSync, rmSync } from 'node:fs';
import type { GuestDisk } from '@vcryptsim/hypervisor';
import { SECTOR_SIZE_BYTES, sectorIndex } from '@vcryptsim/ports';
import { BareFile } from './bare-loop.js';
import { guestRequest, type IoDirection, type LoadResult, runLoad } from './disk-load.js';
import { type HostPlace, MeasuredHost, type MeasuredUnit } from './measured-host.js';

/** Who makes the requests: a guest of the host, or a bare loop of engine and file calls. */
export type DiskSubject = 'guest' | 'bare';

/** What one process measures, at each depth in turn. */
export interface DiskWork extends HostPlace {
  readonly subject: DiskSubject | 'prepare';
  readonly unit: MeasuredUnit;
  readonly direction: IoDirection;
  readonly requestBytes: number;
  readonly depths: readonly number[];
  readonly sizeBytes: number;
  readonly measureMs: number;
  readonly warmUpRequests: number;
}

/**
 * Makes the VM of a folder, or puts a load on its disk. After a guest's load it is looked at whether the disk gives back what
 * is written to it.
 *
 * @throws Error when it does not
 */
export async function runDiskWork(work: DiskWork): Promise<readonly LoadResult[]> {
  const measured = await MeasuredHost.boot(work);
  try {
    if (work.subject === 'prepare') await measured.createVm(work.sizeBytes, work.unit);
    else return work.subject === 'guest' ? await guestLoads(measured, work) : await bareLoads(measured, work);
    return [];
  } finally {
    await measured.host.shutDown();
  }
}

function guestLoads(measured: MeasuredHost, work: DiskWork): Promise<readonly LoadResult[]> {
  return measured.asGuest(async (disk) => {
    const results: LoadResult[] = [];
    for (const depth of work.depths) {
      results.push(await runLoad(guestRequest(disk, work.direction, work.requestBytes, depth), { ...work, depth }));
    }
    await disk.flush();
    await readBack(disk, work.requestBytes);
    return results;
  });
}

/** A bare loop has nothing in flight: depth 1 only. */
async function bareLoads({ engine }: MeasuredHost, work: DiskWork): Promise<readonly LoadResult[]> {
  const path = `${work.folder}/bare`;
  copyFileSync(await MeasuredHost.extentPath(work), path);
  const file = new BareFile(engine, path, work.requestBytes, work.unit);
  try {
    const request = (at: number): void => (work.direction === 'read' ? file.read(at) : file.write(at));
    return [await runLoad(request, { ...work, depth: 1 })];
  } finally {
    file.close();
    rmSync(path, { force: true });
  }
}

async function readBack(disk: GuestDisk, requestBytes: number): Promise<void> {
  const bytes = Uint8Array.from({ length: requestBytes }, (_, at) => at ^ (at >> 8));
  const start = sectorIndex(requestBytes / SECTOR_SIZE_BYTES);
  await disk.writeSectors(start, bytes, { fua: true });
  const buffer = new Uint8Array(requestBytes);
  await disk.readSectors(start, buffer);
  if (Buffer.compare(buffer, bytes) !== 0) throw new Error('the disk gives back other bytes than were written to it');
}
