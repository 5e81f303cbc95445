// Snapshots of a VM that are taken, brought back and removed, and cut meanwhile: the VM and each snapshot read what they read.
import { createHash } from 'node:crypto';
import type { EsxiHost } from '@vcryptsim/hypervisor';
import { type FileSystem, sectorIndex } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { type Cut, must, mustOpen, type Process, type Scenario, type Seen } from '../scenario.js';
import { guestData } from './guest-data.js';
import { filesInClear } from './vm-check.js';
import { type DiskShape, fill, VM, VM_FOLDER, VmWorld, webVm } from './vm-world.js';

const DISKS: readonly DiskShape[] = [{ sizeBytes: 8 * 1024 }, { sizeBytes: 8 * 1024, dataUnitSizeBytes: 4096 }];
const SECTOR_BYTES = 512;

/** What is done with the snapshots of a VM that has three states: two snapshots, and what it is now. */
export interface SnapshotWork {
  readonly name: string;
  readonly isRunning: boolean;
  /** Each is answered before the next; none writes data. */
  readonly steps: readonly ((host: EsxiHost) => Promise<unknown>)[];
}

/** Walks the cuts of a piece of work with snapshots. */
export function snapshotScenario({ name, isRunning, steps }: SnapshotWork): Scenario {
  /** What the VM is after so many steps: its snapshots, and a digest of its disks. */
  const states: string[] = [];
  /** What the VM is when a snapshot of that number was brought back. */
  const contents = new Map<number, string>();

  const boot = async (files: FileSystem, incarnation: number): Promise<VmWorld> => {
    const world = await VmWorld.boot(files, incarnation);
    if (isRunning) await world.host.powerOnVm(VM);
    return world;
  };

  const prepare = async (): Promise<MemoryFileSystem> => {
    const memory = new MemoryFileSystem();
    const { host } = await VmWorld.boot(memory, 1);
    await host.createVm(webVm(DISKS));
    for (const [salt, start] of [0, 2, 5].entries()) {
      await host.powerOnVm(VM);
      for (const [index, { sizeBytes }] of DISKS.entries()) await write(host, 2000 + index, start, sizeBytes, salt);
      await host.powerOffVm(VM);
      if (salt < 2) await host.createSnapshot(VM, { name: `state ${salt}` });
    }
    await host.shutDown();
    const tried = await boot(memory.fork(), 2);
    states.splice(0, states.length, await stateOf(tried));
    await noteContents(tried, contents);
    for (const step of steps) {
      await step(tried.host);
      states.push(await stateOf(tried));
      await noteContents(tried, contents);
    }
    must(new Set(states).size === states.length, () => 'a step changes nothing');
    return memory;
  };

  const start = async (files: FileSystem): Promise<Process> => {
    const world = await boot(files, 2);
    return {
      work: async (answered) => {
        for (const step of steps) {
          await step(world.host);
          answered();
        }
      },
      goOn: async () => {
        const found = await stateOf(world).catch((error: { fault?: { state?: string } }) => {
          // Where the medium failed in the very moment of the switch, or while disks were opened again, this boot knows no better.
          if (error.fault?.state === 'unsettled') return null;
          throw error;
        });
        must(found === null || states.includes(found), () => `in the same boot it has ${found}`);
      },
    };
  };

  const recover = async (files: FileSystem): Promise<void> => {
    const { host } = await VmWorld.boot(files, 3);
    await host.powerOnVm(VM);
    await host.powerOffVm(VM);
  };

  const check = async (files: MemoryFileSystem, { answered }: Cut): Promise<Seen> => {
    const first = await mustOpen('first start', () => VmWorld.boot(files, 11));
    const found = await mustOpen('first look', () => stateOf(first));
    const done = states.indexOf(found);
    must(done >= answered && done <= answered + 1, () => `${answered} steps were answered, it has ${done}: ${found}`);
    const { snapshots } = await first.host.snapshots(VM);
    await first.host.shutDown();
    must((await filesInClear(files)).length === 0, () => 'a file has data in clear');
    for (const { id } of snapshots) {
      const fork = await VmWorld.boot(files.fork(), 12);
      await mustOpen(`revert to ${id}`, () => fork.host.revertToSnapshot(VM, id));
      const content = await mustOpen(`snapshot ${id}`, () => contentOf(fork));
      must(content === contents.get(id), () => `snapshot ${id} reads other data than it froze`);
    }
    const again = await boot(files, 13);
    for (const [index, step] of steps.entries())
      if (index >= done) await mustOpen(`step ${index} again`, () => step(again.host));
    must((await stateOf(again)) === states.at(-1), () => 'issued again, and not made');
    await mustOpen('the end', () => again.host.removeAllSnapshots(VM));
    await mustOpen('consolidate', () => again.host.consolidateDisks(VM));
    must((await contentOf(again)) === states.at(-1)?.split(' ')[0], () => 'consolidated, it reads other data');
    if (isRunning) await mustOpen('power off', () => again.host.powerOffVm(VM));
    await again.host.shutDown();
    await checkNoLinks(files);
    return { steps: done, isResumed: true };
  };

  return { name, prepare, start, recover, check };
}

async function write(host: EsxiHost, deviceKey: number, start: number, sizeBytes: number, salt: number): Promise<void> {
  const disk = await host.openDisk(VM, deviceKey);
  const bytes = guestData(sizeBytes, deviceKey + 10 * salt).subarray(start * SECTOR_BYTES);
  if (start === 0) await fill(disk, bytes);
  else await disk.writeSectors(sectorIndex(start), bytes.subarray(0, 3 * SECTOR_BYTES), { fua: true });
}

/** A digest of all disks as the guest reads them. The VM is then on or off as it was. */
async function contentOf(world: VmWorld): Promise<string> {
  const isOff = (await world.host.vm(VM)).powerState === 'poweredOff';
  if (isOff) await world.host.powerOnVm(VM);
  const hash = createHash('sha256');
  for (const deviceKey of await world.deviceKeys()) hash.update(await world.read(deviceKey));
  if (isOff) await world.host.powerOffVm(VM);
  return hash.digest('hex').slice(0, 16);
}

async function stateOf(world: VmWorld): Promise<string> {
  const content = await contentOf(world);
  const { currentId, snapshots } = await world.host.snapshots(VM);
  return `${content} at ${currentId} of ${JSON.stringify(snapshots.map(({ id, parentId, name }) => [id, parentId, name]))}`;
}

/** Brings each snapshot back, in a copy of the medium. */
async function noteContents({ files, host }: VmWorld, contents: Map<number, string>): Promise<void> {
  for (const { id } of (await host.snapshots(VM)).snapshots) {
    if (contents.has(id) || !(files instanceof MemoryFileSystem)) continue;
    const fork = await VmWorld.boot(files.fork(), 12);
    await fork.host.revertToSnapshot(VM, id);
    contents.set(id, await contentOf(fork));
  }
}

/** Without snapshots and consolidated, a VM has its bases and nothing of a change. */
async function checkNoLinks(files: MemoryFileSystem): Promise<void> {
  const names = await files.readdir(VM_FOLDER);
  const strays = names.filter((name) => /-[0-9]{6}|\.vmsn|\.vmem|\.change|\.next|\.new$|\.lck/.test(name));
  must(strays.length === 0, () => `stray ${strays.join(', ')}`);
}
