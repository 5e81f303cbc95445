// A host that loses its power, and its medium with it: whatever a cut leaves of what was not made durable, the next boot
// finds VMs that are whole or not there.
import { type FileSystem, sectorCount, sectorIndex } from '@vcryptsim/ports';
import { CrashLog, type CrashOptions, type CrashState, crashStates, MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { faultOf, grant, KEY, Lab, pattern, plainVm, readSectors, VM, webVm } from './support/lab.js';

/** States that a test looks at: spread over all where there are more. */
const STATES_MAX = 250;
const smallVm = webVm({
  disks: [{ capacity: sectorCount(16) }, { capacity: sectorCount(16), dataUnitSizeBytes: 4096 }],
});

/** A host that did `before` while its medium was safe, and then `work` while it was not. */
async function crashes(
  before: (lab: Lab) => Promise<unknown>,
  work: (lab: Lab) => Promise<unknown>,
  options: CrashOptions = {},
): Promise<{ states: Iterable<CrashState>; acknowledgedAfter: number }> {
  const memory = new MemoryFileSystem();
  const early = await Lab.safe({ files: memory });
  await before(early);
  await early.host.shutDown();
  const log = new CrashLog(memory);
  const lab = await Lab.safe({ files: log.files });
  const from = log.operations.length + 1;
  await work(lab);
  return {
    states: crashStates(log, { from, sample: STATES_MAX, ...options }),
    acknowledgedAfter: log.operations.length,
  };
}

/** A host on what a cut left, which has its keys again. */
async function bootOn(files: FileSystem): Promise<Lab> {
  const lab = await Lab.boot({ files });
  await lab.enableCrypto();
  await lab.host.addKeys([grant(KEY)]);
  return lab;
}

/** Boots on what a cut left: no VM, or one that powers on. */
async function isWhole(files: FileSystem, what: string): Promise<boolean> {
  const lab = await bootOn(files);
  const [vm, ...more] = await lab.host.vms();
  expect(more, what).toEqual([]);
  if (vm === undefined) return false;
  expect(vm, what).toMatchObject({ uuid: VM, cryptoState: 'unlocked', connectionState: 'connected' });
  await lab.host.powerOnVm(VM);
  for (const { deviceKey } of vm.disks) await readSectors(await lab.host.openDisk(VM, deviceKey), 0, 16);
  return true;
}

/** What `look` finds in every state, by how often; once the work was acknowledged it is always `after`. */
async function outcomes<T>(
  { states, acknowledgedAfter }: Awaited<ReturnType<typeof crashes>>,
  look: (files: FileSystem, what: string) => Promise<T>,
  after: T,
): Promise<Map<T, number>> {
  const found = new Map<T, number>();
  for (const { files, name, afterOperation } of states) {
    const outcome = await look(files, name);
    found.set(outcome, (found.get(outcome) ?? 0) + 1);
    if (afterOperation >= acknowledgedAfter) expect(outcome, name).toEqual(after);
  }
  return found;
}

const isSeen = (count = 0): boolean => count > 0;

describe('a power cut at any file operation', () => {
  it('of createVm leaves no registered VM or a whole one', async () => {
    const under = await crashes(
      async () => {},
      (lab) => lab.host.createVm(smallVm),
    );
    const found = await outcomes(under, isWhole, true);
    expect([...found.values()].reduce((sum, count) => sum + count)).toBe(STATES_MAX);
    expect([isSeen(found.get(true)), isSeen(found.get(false))]).toEqual([true, true]);
  });

  it('of createVm leaves what can be made again under the same name', async () => {
    const under = await crashes(
      async () => {},
      (lab) => lab.host.createVm(smallVm),
      { sample: 100 },
    );
    for (const { files, name } of under.states) {
      const lab = await bootOn(files);
      if ((await lab.host.vms()).length === 0) await lab.host.createVm(smallVm);
      await lab.host.powerOnVm(VM);
      expect((await lab.host.vm(VM)).name, name).toBe('web');
    }
  });

  it('of unregisterVm and registerVm leaves the VM registered or not, and its files whole', async () => {
    const made = (lab: Lab) => lab.host.createVm(smallVm);
    const gone = await crashes(made, (lab) => lab.host.unregisterVm(VM));
    expect(isSeen((await outcomes(gone, isWhole, false)).get(true))).toBe(true);
    const back = await crashes(
      async (lab) => {
        await made(lab);
        await lab.host.unregisterVm(VM);
      },
      (lab) => lab.host.registerVm('[ds1] web/web.vmx'),
    );
    const found = await outcomes(back, isWhole, true);
    expect([isSeen(found.get(true)), isSeen(found.get(false))]).toEqual([true, true]);
  });

  it('of importDisk leaves the disk as it was or as the image, never a part of it', async () => {
    const image = (salt: number) => {
      const bytes = pattern(16 * 512, salt);
      const read = async (buffer: Uint8Array, at: number): Promise<number> => Buffer.from(bytes).copy(buffer, 0, at);
      return { sizeBytes: bytes.length, read };
    };
    const under = await crashes(
      async (lab) => {
        await lab.host.createVm(smallVm);
        await lab.host.importDisk(VM, 2000, image(1));
      },
      (lab) => lab.host.importDisk(VM, 2000, image(2)),
    );
    const look = async (files: FileSystem, what: string): Promise<number> => {
      const lab = await bootOn(files);
      await lab.host.powerOnVm(VM);
      const left = (await files.readdir(`${lab.datastore}/web`)).filter((name) => name.endsWith('.importing'));
      expect(left, what).toEqual([]);
      const sectors = Buffer.from(await readSectors(await lab.host.openDisk(VM, 2000), 0, 16));
      const salt = [1, 2].find((each) => sectors.equals(pattern(16 * 512, each)));
      expect(salt, what).toBeDefined();
      return salt ?? 0;
    };
    const found = await outcomes(under, look, 2);
    expect([isSeen(found.get(1)), isSeen(found.get(2))]).toEqual([true, true]);
  });

  it('of a disk that is filled later leaves none or the whole, and says which', async () => {
    const later = plainVm({ disks: [{ capacity: sectorCount(16), fill: 'later' }] });
    const read = async (buffer: Uint8Array): Promise<number> => buffer.fill(7).length;
    const under = await crashes(
      (lab) => lab.host.createVm(later),
      (lab) => lab.host.importDisk(VM, 2000, { sizeBytes: 16 * 512, read }),
      { sample: 200 },
    );
    const look = async (files: FileSystem, what: string): Promise<boolean> => {
      const { host, root } = await bootOn(files);
      const hasExtent = (await files.readdir(`${root}/datastores/ds1/web`)).includes('web-flat.vmdk');
      if (!hasExtent) {
        expect(await faultOf(host.powerOnVm(VM)), what).toMatchObject({ code: 'FILE_DAMAGED' });
        return false;
      }
      await host.powerOnVm(VM);
      const disk = await host.openDisk(VM, 2000);
      expect(
        (await readSectors(disk, 0, 16)).every((byte) => byte === 7),
        what,
      ).toBe(true);
      return true;
    };
    const found = await outcomes(under, look, true);
    expect([isSeen(found.get(true)), isSeen(found.get(false))]).toEqual([true, true]);
  });

  it('of a running VM leaves what its guest had flushed, and a VM that powers on again', async () => {
    const memory = new MemoryFileSystem();
    const early = await Lab.safe({ files: memory });
    await early.host.createVm(smallVm);
    await early.host.shutDown();
    const log = new CrashLog(memory);
    const lab = await Lab.safe({ files: log.files });
    const from = log.operations.length + 1;
    await lab.host.powerOnVm(VM);
    const disks = await Promise.all([2000, 2001].map((deviceKey) => lab.host.openDisk(VM, deviceKey)));
    const flushed: number[] = [];
    for (const round of [1, 2]) {
      for (const disk of disks) {
        await disk.writeSectors(sectorIndex(8 * (round - 1)), pattern(8 * 512, round));
        await disk.flush();
      }
      flushed.push(log.operations.length);
    }
    await lab.host.powerOffVm(VM);
    let states = 0;
    for (const { files, name, afterOperation } of crashStates(log, { from, sample: STATES_MAX })) {
      const { host } = await bootOn(files);
      await host.powerOnVm(VM);
      for (const deviceKey of [2000, 2001]) {
        const sectors = Buffer.from(await readSectors(await host.openDisk(VM, deviceKey), 0, 16));
        for (const [index, operation] of flushed.entries()) {
          if (afterOperation < operation) continue;
          const part = sectors.subarray(index * 8 * 512, (index + 1) * 8 * 512);
          expect(part.equals(pattern(8 * 512, index + 1)), `${name}, round ${index + 1}`).toBe(true);
        }
      }
      states += 1;
    }
    expect(states).toBeGreaterThan(100);
  });

  it('of a guest with many requests in flight leaves what was flushed or forced, and may lose the others', async () => {
    const memory = new MemoryFileSystem();
    const early = await Lab.safe({ files: memory });
    await early.host.createVm(webVm({ disks: [{ capacity: sectorCount(32), dataUnitSizeBytes: 4096 }] }));
    await early.host.shutDown();
    const log = new CrashLog(memory);
    const lab = await Lab.safe({ files: log.files });
    await lab.host.powerOnVm(VM);
    const from = log.operations.length + 1;
    const disk = await lab.host.openDisk(VM, 2000);
    /** Data units, and the number of operations after which each is durable. */
    const durable = new Map<number, number>();
    const write = (unit: number, fua: boolean) =>
      disk.writeSectors(sectorIndex(unit * 8), pattern(4096, unit + 1), { fua });
    const note = async (units: readonly number[], promise: Promise<void>): Promise<void> => {
      await promise;
      for (const unit of units) durable.set(unit, log.operations.length);
    };
    // In one breath, and the last one after the flush that would have covered it.
    const unflushed = [write(0, false), write(1, false)];
    const forced = note([2], write(2, true));
    const flushed = note([0, 1], disk.flush());
    const unforced = write(3, false);
    await Promise.all([...unflushed, forced, flushed, unforced]);
    const lost = new Set<number>();
    let states = 0;
    for (const { files, name, afterOperation } of crashStates(log, { from, sample: STATES_MAX })) {
      const { host } = await bootOn(files);
      await host.powerOnVm(VM);
      const sectors = Buffer.from(await readSectors(await host.openDisk(VM, 2000), 0, 32));
      for (const unit of [0, 1, 2, 3]) {
        const isThere = sectors.subarray(unit * 4096, (unit + 1) * 4096).equals(pattern(4096, unit + 1));
        if (!isThere) lost.add(unit);
        const since = durable.get(unit);
        if (since !== undefined && afterOperation >= since) expect(isThere, `${name}, unit ${unit}`).toBe(true);
      }
      states += 1;
    }
    expect(states).toBeGreaterThan(20);
    expect([...lost].toSorted()).toEqual([0, 1, 2, 3]);
    expect([...durable.keys()].toSorted()).toEqual([0, 1, 2]);
  });
});
