// The file of a delta extent: its bytes as published, what it refuses, what a cut leaves of it, and what it costs.
import { CrashLog, crashStates, MemoryFileSystem } from '@vcryptsim/simkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CowdExtent } from '../src/disk/cowd-extent.js';
import { openChain } from '../src/disk/disk-chain.js';
import { contentOf, deltaName, folderOn, newDelta, newFlat, openDelta, openFlat, sectors } from './support/extents.js';
import { FailingFiles } from './support/failing-files.js';
import { faultOf, pattern } from './support/lab.js';

const NAME = deltaName(1);
const LIMIT = 2 ** 24;
const words = (bytes: Uint8Array, offset: number, count: number): number[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Array.from({ length: count }, (_, index) => view.getUint32(offset + 4 * index, true));
};

describe('the file of a delta extent', () => {
  it('is a COWD as published: header, grain directory, and grains in the order of writing', async () => {
    const folder = await folderOn();
    const extent = await newDelta(folder, sectors(10_000));
    const fresh = await folder.readBytes(NAME, LIMIT);
    expect(new TextDecoder().decode(fresh.subarray(0, 4))).toBe('COWD');
    // version, flags, numSectors, grainSize, gdOffset, numGDEntries (3 tables of 4,096), freeSector
    expect(words(fresh, 4, 7)).toEqual([1, 3, 10_000, 1, 4, 3, 69]);
    // The journal of the tables, in sectors that nothing points to, and where the header's padding says that it is.
    expect(fresh.length).toBe((5 + 64) * 512);
    expect(new TextDecoder().decode(fresh.subarray(2032, 2036))).toBe('VCTJ');
    expect(words(fresh, 2036, 1)).toEqual([5]);
    await extent.write(pattern(1024, 1), 8191 * 512);
    await extent.write(pattern(512, 2), 0);
    await extent.close();
    const file = await folder.readBytes(NAME, LIMIT);
    expect(file.subarray(69 * 512, 71 * 512)).toEqual(pattern(1024, 1));
    expect(file.subarray(71 * 512, 72 * 512)).toEqual(pattern(512, 2));
    const [first = 0, second = 0, third = 0] = words(file, 4 * 512, 3);
    expect([first, second, third].toSorted((a, b) => a - b)).toEqual([72, 104, 136]);
    expect(words(file, second * 512 + 4 * 4095, 1)).toEqual([69]);
    expect(words(file, third * 512, 2)).toEqual([70, 0]);
    expect(words(file, first * 512, 2)).toEqual([71, 0]);
    expect(words(file, 28, 1)).toEqual([168]);
    expect(file.length).toBe(168 * 512);
  });

  it('writes a sector that is there over in its place', async () => {
    const folder = await folderOn();
    const extent = await newDelta(folder, sectors(64));
    await extent.write(pattern(2048, 1), 1024);
    await extent.flush();
    const before = (await folder.readBytes(NAME, LIMIT)).length;
    await extent.write(pattern(1024, 2), 1536);
    await extent.close();
    expect((await folder.readBytes(NAME, LIMIT)).length).toBe(before);
  });

  it('that another program made with a directory larger than needed is read', async () => {
    const folder = await folderOn();
    const extent = await newDelta(folder, sectors(64));
    await extent.write(pattern(512, 1), 512);
    await extent.close();
    const bytes = await folder.readBytes(NAME, LIMIT);
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(24, 128, true);
    await folder.replace(NAME, bytes);
    const again = await openDelta(folder, sectors(64));
    expect((await contentOf(again)).subarray(512, 1024)).toEqual(pattern(512, 1));
  });
});

describe('a delta extent that is refused', () => {
  const bent = async (bend: (view: DataView, bytes: Uint8Array) => Uint8Array | undefined) => {
    const folder = await folderOn();
    const extent = await newDelta(folder, sectors(64));
    await extent.write(pattern(512, 1), 512);
    await extent.close();
    const bytes = await folder.readBytes(NAME, LIMIT);
    await folder.replace(NAME, bend(new DataView(bytes.buffer, bytes.byteOffset), bytes) ?? bytes);
    const before = await folder.readBytes(NAME, LIMIT);
    const fault = await faultOf(openDelta(folder, sectors(64)).then(contentOf));
    expect(await folder.readBytes(NAME, LIMIT), 'a refusal changes nothing').toEqual(before);
    return fault;
  };
  const word = (offset: number, value: number) => (view: DataView) => {
    view.setUint32(offset, value, true);
    return undefined;
  };

  it.each([
    ['has another magic', word(0, 0x564d444b), 'FILE_DAMAGED'],
    ['is of another version', word(4, 2), 'NOT_SUPPORTED'],
    ['is of another disk', word(12, 65), 'FILE_DAMAGED'],
    ['has grains of several sectors', word(16, 128), 'NOT_SUPPORTED'],
    ['has its directory in the header', word(20, 1), 'FILE_DAMAGED'],
    ['has a directory that is too small', word(24, 0), 'FILE_DAMAGED'],
    ['has a directory that is too large', word(24, 0xffffffff), 'FILE_DAMAGED'],
    ['points to a table behind its end', word(4 * 512, 4000), 'FILE_DAMAGED'],
    ['points to a grain behind its end', word(70 * 512 + 4, 4000), 'FILE_DAMAGED'],
    ['is cut in its header', (_: DataView, bytes: Uint8Array) => bytes.subarray(0, 600), 'FILE_DAMAGED'],
    ['is cut in a table', (_: DataView, bytes: Uint8Array) => bytes.subarray(0, 71 * 512), 'FILE_DAMAGED'],
    ['is empty', () => new Uint8Array(0), 'FILE_DAMAGED'],
  ] as const)('%s', async (_, bend, code) => {
    expect((await bent(bend)).code).toBe(code);
  });

  it('is missing', async () => {
    expect(await faultOf(openDelta(await folderOn(), sectors(64)))).toMatchObject({ code: 'FILE_DAMAGED' });
  });

  it('is for a disk of 2 TB, which no delta of this format can have', async () => {
    const folder = await folderOn();
    const fault = await faultOf(CowdExtent.create(folder, NAME, sectors(2 ** 32)));
    expect(fault).toMatchObject({ code: 'NOT_SUPPORTED', what: 'capacity' });
    expect(await folder.names()).toEqual([]);
  });
});

describe('a delta extent and a medium that fails', () => {
  it('that takes no more keeps what was there, and goes on when there is room', async () => {
    const files = new FailingFiles(new MemoryFileSystem());
    const folder = await folderOn(files);
    const extent = await newDelta(folder, sectors(64));
    await extent.write(pattern(512, 1), 0);
    for (const operation of ['write', 'fsync']) {
      files.code = 'NO_SPACE';
      files.failsWhen = (name) => name === operation;
      if (operation === 'write') {
        expect(await faultOf(extent.write(pattern(1024, 2), 512))).toMatchObject({ code: 'NO_SPACE' });
      }
      expect(await faultOf(extent.flush())).toMatchObject({ code: 'NO_SPACE' });
      files.disarm();
    }
    await extent.write(pattern(1024, 3), 512);
    await extent.close();
    const read = await contentOf(await openDelta(folder, sectors(64)));
    expect(read.subarray(0, 512)).toEqual(pattern(512, 1));
    expect(read.subarray(512, 1536)).toEqual(pattern(1024, 3));
  });

  it('in the middle of a flush has all of it after the next', async () => {
    for (let at = 1; at < 12; at++) {
      const files = new FailingFiles(new MemoryFileSystem());
      const folder = await folderOn(files);
      const extent = await newDelta(folder, sectors(9000));
      await extent.write(pattern(1024, 1), 4095 * 512);
      await extent.flush();
      await extent.write(pattern(1024, 2), 8191 * 512);
      await extent.write(pattern(512, 3), 0);
      files.arm(at, 'IO');
      await extent.flush().catch(() => {});
      files.disarm();
      await extent.write(pattern(512, 4), 512);
      await extent.flush();
      const read = await contentOf(await openDelta(folder, sectors(9000)));
      expect(read.subarray(4095 * 512, 4097 * 512), `call ${at}`).toEqual(pattern(1024, 1));
      expect(read.subarray(8191 * 512, 8193 * 512), `call ${at}`).toEqual(pattern(1024, 2));
      expect(read.subarray(0, 512), `call ${at}`).toEqual(pattern(512, 3));
      expect(read.subarray(512, 1024), `call ${at}`).toEqual(pattern(512, 4));
    }
  });
});

describe('a cut while a guest writes into a delta extent', () => {
  const CAPACITY = sectors(4096 + 64);
  const write = fc.record({
    start: fc.oneof(fc.nat(63), fc.integer({ min: 4090, max: 4150 })),
    count: fc.integer({ min: 1, max: 9 }),
    flush: fc.boolean(),
  });

  it('leaves what was flushed, and of each sector that was not the old or a new one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(write, { minLength: 2, maxLength: 6 }), async (writes) => {
        const medium = new MemoryFileSystem();
        const folder = await folderOn(medium);
        const base = await newFlat(folder, CAPACITY);
        await base.write(pattern(CAPACITY * 512, 77), 0);
        await base.close();
        await (await newDelta(folder, CAPACITY)).close();
        await folder.fsync();

        const log = new CrashLog(medium);
        const live = await folderOn(log.files);
        const chain = openChain([await openDelta(live, CAPACITY), await openFlat(live, CAPACITY)]);
        // What each sector may be: what it was at the last flush that was answered, or what was written since.
        const marks: { operations: number; versions: Map<number, Uint8Array[]>; durable: Uint8Array }[] = [];
        let durable: Uint8Array = pattern(CAPACITY * 512, 77);
        const current = durable.slice();
        let versions = new Map<number, Uint8Array[]>();
        const mark = () =>
          marks.push({ operations: log.operations.length, versions: new Map(versions), durable: durable.slice() });
        mark();
        for (const [index, { start, count, flush }] of writes.entries()) {
          const bytes = pattern(count * 512, 100 + index);
          for (let at = 0; at < count; at++) {
            const sector = bytes.slice(at * 512, (at + 1) * 512);
            versions.set(start + at, [...(versions.get(start + at) ?? []), sector]);
          }
          marks[marks.length - 1]!.versions = new Map(versions);
          await chain.write(bytes, start * 512);
          current.set(bytes, start * 512);
          if (!flush) continue;
          await chain.flush();
          durable = Uint8Array.from(current);
          versions = new Map();
          mark();
        }
        for (const { files, name, family, afterOperation } of crashStates(log, { sample: 40 })) {
          // Inside the sector that was being written there is no promise.
          if (family === 'torn in a sector') continue;
          const cut = await folderOn(files);
          const read = await contentOf(openChain([await openDelta(cut, CAPACITY), await openFlat(cut, CAPACITY)]));
          const at = marks.findLast(({ operations }) => operations <= afterOperation) ?? marks[0]!;
          for (let sector = 0; sector < CAPACITY; sector++) {
            const seen = read.subarray(sector * 512, (sector + 1) * 512);
            const before = at.durable.subarray(sector * 512, (sector + 1) * 512);
            if (Buffer.compare(before, seen) === 0) continue;
            const allowed = at.versions.get(sector) ?? [];
            if (!allowed.some((one) => Buffer.compare(one, seen) === 0)) {
              expect.fail(`${name}: sector ${sector} is neither what it was nor what was written`);
            }
          }
        }
      }),
      { numRuns: 8 },
    );
  });
});

describe('a flush of a delta extent', () => {
  it('makes grains and new tables durable before it writes what points to them', async () => {
    const files = new FailingFiles(new MemoryFileSystem());
    const extent = await newDelta(await folderOn(files), sectors(64));
    const calls: string[] = [];
    files.failsWhen = (operation) => calls.push(operation) < 0;
    await extent.write(pattern(512, 1), 0);
    await extent.flush();
    // The grain, the table, the journal; the directory, the header.
    expect(calls.join(' ')).toBe('write write write fsync write write fsync');
    calls.length = 0;
    await extent.write(pattern(512, 2), 0);
    await extent.flush();
    expect(calls.join(' ')).toBe('write fsync');
  });
});

describe('the journal of the tables', () => {
  const written = async () => {
    const folder = await folderOn();
    const extent = await newDelta(folder, sectors(64));
    await extent.write(pattern(512, 1), 0);
    await extent.flush();
    await extent.write(pattern(512, 2), 512);
    await extent.close();
    return { folder, bytes: await folder.readBytes(NAME, LIMIT) };
  };

  it('lets be what another program wrote into a table since', async () => {
    const { folder, bytes } = await written();
    const [table = 0] = words(bytes, 4 * 512, 1);
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(table * 512 + 4 * 7, 69, true);
    await folder.replace(NAME, bytes);
    const read = await contentOf(await openDelta(folder, sectors(64)));
    expect(read.subarray(7 * 512, 8 * 512)).toEqual(pattern(512, 1));
    expect(read.subarray(512, 1024)).toEqual(pattern(512, 2));
  });

  it('leaves an entry that was not written as it was, and the file as it is', async () => {
    const { folder, bytes } = await written();
    const [table = 0] = words(bytes, 4 * 512, 1);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    expect(words(bytes, table * 512, 3)).toEqual([69, 102, 0]);
    view.setUint32(table * 512 + 4, 0, true);
    await folder.replace(NAME, bytes);
    const extent = await CowdExtent.open(folder, NAME, sectors(64), 'read');
    expect((await contentOf(extent)).subarray(512, 1024), 'as it was: not torn').toEqual(new Uint8Array(512));
    await extent.close();
    expect(await folder.readBytes(NAME, LIMIT)).toEqual(bytes);
  });
});

describe('what a delta extent costs', () => {
  const counted = async (writes: number): Promise<number> => {
    const files = new FailingFiles(new MemoryFileSystem());
    const extent = await newDelta(await folderOn(files), sectors(100_000));
    await extent.write(pattern(512, 1), 0);
    await extent.flush();
    const before = files.calls;
    for (let index = 0; index < writes; index++) await extent.write(pattern(4096, 1), 512 + index * 4096);
    await extent.flush();
    return files.calls - before;
  };

  it('is one call for each run of sectors, and a few for a flush, however much was written', async () => {
    const [some, twice] = [await counted(50), await counted(100)];
    expect(some).toBe(50 + 5);
    expect(twice).toBe(100 + 5);
  });

  it('is two calls to open however large the disk is, and a table is read once', async () => {
    const openingOf = async (capacity: number): Promise<number> => {
      const files = new FailingFiles(new MemoryFileSystem());
      const folder = await folderOn(files);
      const made = await newDelta(folder, sectors(capacity));
      for (const at of [0, 4096, 8192]) await made.write(pattern(512, 1), at * 512);
      await made.close();
      const before = files.calls;
      const extent = await openDelta(folder, sectors(capacity));
      for (let index = 0; index < 20; index++) await extent.allocatedRanges(0, 4096 * 512);
      return files.calls - before;
    };
    expect(await openingOf(2_000_000)).toBe(await openingOf(10_000));
  });
});

describe('a cut inside a sector of a table', () => {
  it('leaves each sector what it was or what it was to be, and later writes harm no other', async () => {
    const CAPACITY = sectors(4096 + 600);
    const medium = new MemoryFileSystem();
    const folder = await folderOn(medium);
    // More than 256 sectors, so that no entry fits in one byte.
    const full = await newDelta(folder, CAPACITY);
    await full.write(pattern(500 * 512, 1), 0);
    await full.close();
    await folder.fsync();
    const before = await contentOf(await openDelta(folder, CAPACITY));

    const log = new CrashLog(medium);
    const live = await openDelta(await folderOn(log.files), CAPACITY);
    await live.write(pattern(512 * 3, 2), 510 * 512);
    await live.write(pattern(512 * 2, 3), 4096 * 512);
    await live.flush();
    const after = await contentOf(live);
    let cuts = 0;
    const tornAt = (lengthBytes: number) =>
      lengthBytes === 1024 ? Array.from({ length: 40 }, (_, at) => 490 + at) : [];
    for (const { files, name, family } of crashStates(log, {
      cutsInSector: 1,
      tornAt,
      families: ['torn in a sector'],
      from: 3,
    })) {
      const cut = await folderOn(files);
      const reader = await CowdExtent.open(cut, NAME, CAPACITY, 'read');
      const readOnly = await contentOf(reader);
      await reader.close();
      const extent = await openDelta(cut, CAPACITY);
      const seen = await contentOf(extent);
      expect(Buffer.compare(readOnly, seen), `${name}: who only reads sees the same`).toBe(0);
      const rest = seen.slice();
      for (const sector of [510, 511, 512, 4096, 4097]) {
        const part = (all: Uint8Array) => all.subarray(sector * 512, (sector + 1) * 512);
        const isOne = [before, after].some((all) => Buffer.compare(part(all), part(seen)) === 0);
        expect(isOne, `${name}: sector ${sector}`).toBe(true);
        part(rest).set(part(before));
      }
      expect(Buffer.compare(rest, before), `${name}: what was not written`).toBe(0);
      await extent.write(pattern(512 * 10, 4), 505 * 512);
      await extent.close();
      const again = await contentOf(await openDelta(cut, CAPACITY));
      seen.set(pattern(512 * 10, 4), 505 * 512);
      expect(Buffer.compare(again, seen), `${name}: written afterwards`).toBe(0);
      if (family === 'torn in a sector') cuts += 1;
    }
    expect(cuts).toBeGreaterThan(40);
  });
});
