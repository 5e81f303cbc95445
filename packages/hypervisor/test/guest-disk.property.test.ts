import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { autoEngine, nativeEngine, portableEngine } from '@vcryptsim/crypto-core';
import { sectorCount, sectorIndex } from '@vcryptsim/ports';
import { OsFileSystem } from '@vcryptsim/ports/os';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FailingFiles } from './support/failing-files.js';
import { faultOf, Lab, pattern, plainVm, readSectors, VM, webVm } from './support/lab.js';
import { afterTurns } from './support/turns.js';

const CAPACITY = 64;

/** Reads and writes of any place and length inside the disk. */
const request = fc
  .record({ write: fc.boolean(), start: fc.nat(CAPACITY), count: fc.nat(24), salt: fc.nat(250) })
  .map(({ count, ...rest }) => ({ ...rest, count: Math.min(count, CAPACITY - rest.start) }));

describe.each([
  ['native', nativeEngine()],
  ['portable', portableEngine()],
] as const)('a guest disk with the %s engine', (_name, engine) => {
  it.each([512, 4096] as const)('is what a plain array is, in data units of %i bytes', async (dataUnitSizeBytes) => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 25 }), async (requests) => {
        const lab = await Lab.safe({ engine });
        await lab.host.createVm(webVm({ disks: [{ capacity: sectorCount(CAPACITY), dataUnitSizeBytes }] }));
        await lab.host.powerOnVm(VM);
        const disk = await lab.host.openDisk(VM, 2000);
        const model = new Uint8Array(CAPACITY * 512);
        for (const { write, start, count, salt } of requests) {
          if (write) {
            const bytes = pattern(count * 512, salt);
            await disk.writeSectors(sectorIndex(start), bytes);
            expect(Buffer.compare(bytes, pattern(count * 512, salt)), 'the caller’s buffer comes back unchanged').toBe(
              0,
            );
            model.set(bytes, start * 512);
          } else {
            expect(
              Buffer.compare(await readSectors(disk, start, count), model.slice(start * 512, (start + count) * 512)),
            ).toBe(0);
          }
        }
        expect(Buffer.compare(await readSectors(disk, 0, CAPACITY), model)).toBe(0);
        await lab.host.powerOffVm(VM);
        await lab.host.powerOnVm(VM);
        const again = await readSectors(await lab.host.openDisk(VM, 2000), 0, CAPACITY);
        expect(Buffer.compare(again, model), 'after power off and on').toBe(0);
      }),
      { numRuns: 40 },
    );
  });
});

/** A running VM's disk over files that can be made slow. */
async function slowDisk(dataUnitSizeBytes: 512 | 4096 = 4096) {
  const files = new FailingFiles(new MemoryFileSystem());
  const lab = await Lab.safe({ files });
  await lab.host.createVm(webVm({ disks: [{ capacity: sectorCount(CAPACITY), dataUnitSizeBytes }] }));
  await lab.host.powerOnVm(VM);
  return { lab, files, disk: await lab.host.openDisk(VM, 2000) };
}

/** Holds calls of that operation back until it is opened. */
function gate(files: FailingFiles, held: string, many = Number.POSITIVE_INFINITY) {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const calls: string[] = [];
  let left = many;
  files.waits = (operation) => {
    calls.push(operation);
    if (operation !== held || left === 0) return null;
    left -= 1;
    return opened;
  };
  return { open, calls };
}

/** Notes in a list when a promise resolves. */
async function noted(promise: Promise<unknown>, name: string, ends: string[]): Promise<void> {
  await promise;
  ends.push(name);
}

describe('many requests in flight', () => {
  it.each([512, 4096] as const)(
    'are what the same requests one after another are, in data units of %i bytes',
    async (dataUnitSizeBytes) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(request, { maxLength: 40 }),
          fc.array(fc.nat(4), { minLength: 7, maxLength: 7 }),
          async (requests, turns) => {
            const { files, disk } = await slowDisk(dataUnitSizeBytes);
            files.waits = () => afterTurns(turns[files.calls % turns.length] ?? 0);
            const model = new Uint8Array(CAPACITY * 512);
            const ends = requests.map(async ({ write, start, count, salt }) => {
              if (write) {
                model.set(pattern(count * 512, salt), start * 512);
                await disk.writeSectors(sectorIndex(start), pattern(count * 512, salt), { fua: salt % 5 === 0 });
                return;
              }
              const expected = model.slice(start * 512, (start + count) * 512);
              expect(Buffer.compare(await readSectors(disk, start, count), expected)).toBe(0);
            });
            await Promise.all(ends);
            expect(Buffer.compare(await readSectors(disk, 0, CAPACITY), model)).toBe(0);
          },
        ),
        { numRuns: 40 },
      );
    },
  );

  it('run side by side where they share no data unit, and wait where they do', async () => {
    const { files, disk } = await slowDisk();
    const { open } = gate(files, 'write', 1);
    const ends: string[] = [];
    const all = [
      noted(disk.writeSectors(sectorIndex(0), pattern(512, 1)), 'held', ends),
      noted(disk.writeSectors(sectorIndex(7), pattern(512, 2)), 'same unit', ends),
      noted(readSectors(disk, 1, 1), 'read of it', ends),
      noted(disk.writeSectors(sectorIndex(8), pattern(512, 3)), 'next unit', ends),
      noted(readSectors(disk, 16, 8), 'read elsewhere', ends),
    ];
    await afterTurns(20);
    expect(ends.toSorted()).toEqual(['next unit', 'read elsewhere']);
    open();
    await Promise.all(all);
    expect(ends).toHaveLength(5);
  });

  it('may read what others read', async () => {
    const { files, disk } = await slowDisk();
    const { open } = gate(files, 'read', 1);
    const first = readSectors(disk, 0, 8);
    expect(await readSectors(disk, 0, 8)).toEqual(new Uint8Array(4096));
    open();
    await first;
  });

  it('are on the medium when a flush made after them ends, and later ones do not wait for it', async () => {
    const { files, disk } = await slowDisk();
    const { open, calls } = gate(files, 'write', 1);
    const ends: string[] = [];
    const all = [
      noted(disk.writeSectors(sectorIndex(0), pattern(4096)), 'write', ends),
      noted(disk.flush(), 'flush', ends),
      noted(disk.writeSectors(sectorIndex(8), pattern(4096)), 'later', ends),
    ];
    await afterTurns(20);
    expect(ends).toEqual(['later']);
    expect(calls).toEqual(['write', 'write']);
    open();
    await Promise.all(all);
    expect(calls).toEqual(['write', 'write', 'fsync']);
  });

  it('are durable when they resolve, with forced unit access', async () => {
    const { files, disk } = await slowDisk();
    const { open, calls } = gate(files, 'fsync');
    const ends: string[] = [];
    const write = noted(disk.writeSectors(sectorIndex(0), pattern(4096), { fua: true }), 'write', ends);
    await disk.writeSectors(sectorIndex(8), pattern(4096), {});
    await afterTurns(20);
    expect([ends, calls.toSorted()]).toEqual([[], ['fsync', 'write', 'write']]);
    open();
    await write;
    files.failsWhen = (operation) => operation === 'fsync';
    expect(await faultOf(disk.writeSectors(sectorIndex(0), pattern(4096), { fua: true }))).toMatchObject({
      code: 'FILE_INACCESSIBLE',
    });
  });

  it('are waited for when the VM is powered off; those after it are refused', async () => {
    const { lab, files, disk } = await slowDisk();
    const { open } = gate(files, 'write', 1);
    const before = disk.writeSectors(sectorIndex(0), pattern(4096));
    const off = lab.host.powerOffVm(VM);
    await afterTurns(20);
    const after = faultOf(disk.writeSectors(sectorIndex(8), pattern(4096)));
    open();
    await before;
    await off;
    expect(await after).toEqual({ code: 'INVALID_STATE', state: 'poweredOff' });
    await lab.host.powerOnVm(VM);
    const again = await lab.host.openDisk(VM, 2000);
    expect(await readSectors(again, 0, 8)).toEqual(pattern(4096));
    expect(await readSectors(again, 8, 8)).toEqual(new Uint8Array(4096));
  });

  it('end in HOST_GONE, all of them, when the host goes', async () => {
    const { lab, files, disk } = await slowDisk();
    const { open } = gate(files, 'write');
    const ends = [0, 0, 8, 16].map((at) => faultOf(disk.writeSectors(sectorIndex(at), pattern(4096))));
    ends.push(faultOf(disk.flush()));
    await afterTurns(5);
    const down = lab.host.shutDown();
    open();
    await down;
    for (const end of await Promise.all(ends)) expect(end).toMatchObject({ code: 'HOST_GONE' });
  });
});

describe('a guest disk', () => {
  it('serves requests made at once in the order in which they were made', async () => {
    const lab = await Lab.safe({ engine: autoEngine() });
    await lab.host.createVm(webVm({ disks: [{ capacity: sectorCount(64), dataUnitSizeBytes: 4096 }] }));
    await lab.host.powerOnVm(VM);
    const disk = await lab.host.openDisk(VM, 2000);
    // Eight writers into one data unit: without turns, each would write back what it read before the others.
    await Promise.all(
      Array.from({ length: 8 }, (_, sector) => disk.writeSectors(sectorIndex(sector), pattern(512, sector))),
    );
    for (let sector = 0; sector < 8; sector += 1)
      expect(await readSectors(disk, sector, 1)).toEqual(pattern(512, sector));
  });

  it('takes requests far larger than a batch, on real files', async () => {
    const root = mkdtempSync(join(tmpdir(), 'vcryptsim-hypervisor-'));
    try {
      const lab = await Lab.safe({ files: new OsFileSystem(), root });
      await lab.host.createVm(webVm({ disks: [{ capacity: sectorCount(8192), dataUnitSizeBytes: 4096 }] }));
      await lab.host.powerOnVm(VM);
      const disk = await lab.host.openDisk(VM, 2000);
      const bytes = pattern(3 * 1024 * 1024 + 512, 9);
      await disk.writeSectors(sectorIndex(3), bytes);
      expect(Buffer.compare(await readSectors(disk, 3, bytes.length / 512), bytes)).toBe(0);
      expect(Buffer.compare(await readSectors(disk, 0, 3), Buffer.alloc(3 * 512))).toBe(0);
      await disk.flush();
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it('of a plain VM is the file itself', async () => {
    const lab = await Lab.boot();
    await lab.host.createVm(plainVm());
    await lab.host.powerOnVm(VM);
    const disk = await lab.host.openDisk(VM, 2000);
    await disk.writeSectors(sectorIndex(5), pattern(512));
    expect((await lab.read('web-flat.vmdk')).subarray(5 * 512, 6 * 512)).toEqual(pattern(512));
    expect(await readSectors(disk, 5, 1)).toEqual(pattern(512));
  });

  it('refuses what lies beyond its end, half sectors, and use after close or power off', async () => {
    const lab = await Lab.safe();
    await lab.host.createVm(webVm());
    expect(await faultOf(lab.host.openDisk(VM, 2000))).toEqual({ code: 'INVALID_POWER_STATE', existing: 'poweredOff' });
    await lab.host.powerOnVm(VM);
    expect(await faultOf(lab.host.powerOnVm(VM))).toEqual({ code: 'INVALID_POWER_STATE', existing: 'poweredOn' });
    expect(await faultOf(lab.host.unregisterVm(VM))).toEqual({ code: 'INVALID_POWER_STATE', existing: 'poweredOn' });
    expect(await faultOf(lab.host.openDisk(VM, 2001))).toEqual({ code: 'DISK_NOT_FOUND', disk: 'web 2001' });
    const disk = await lab.host.openDisk(VM, 2000);
    const before = await lab.digest();
    const beyond = { code: 'OUT_OF_RANGE', disk: '[ds1] web/web.vmdk' };
    expect(await faultOf(disk.readSectors(sectorIndex(128), new Uint8Array(512)))).toEqual(beyond);
    expect(await faultOf(disk.writeSectors(sectorIndex(127), new Uint8Array(1024)))).toEqual(beyond);
    expect(await faultOf(disk.writeSectors(sectorIndex(0), new Uint8Array(100)))).toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    await disk.readSectors(sectorIndex(128), new Uint8Array(0));
    expect(await lab.digest()).toBe(before);
    const second = await lab.host.openDisk(VM, 2000);
    await disk.close();
    expect(await faultOf(disk.flush())).toEqual({ code: 'INVALID_STATE', state: 'closed' });
    await second.flush();
    await lab.host.powerOffVm(VM);
    expect(await faultOf(second.flush())).toEqual({ code: 'INVALID_STATE', state: 'poweredOff' });
    expect(await faultOf(lab.host.powerOffVm(VM))).toEqual({ code: 'INVALID_POWER_STATE', existing: 'poweredOff' });
  });
});
