// What every link of a disk does, and every chain of them: the suite that each Extent runs.
import { type SectorCount, sectorCount } from '@vcryptsim/ports';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Extent } from '../../src/disk/extent.js';
import { contentOf } from './extents.js';
import { pattern } from './lab.js';

/** Two grain tables and a part of a third, of a delta extent. */
export const EXTENT_SECTORS = 2 * 4096 + 40;
/** Where requests begin: around the borders of grain tables, and anywhere. */
const start = fc.oneof(
  fc.nat(EXTENT_SECTORS - 1),
  fc.constantFrom(0, 4096, 8192).chain((border) => fc.integer({ min: Math.max(0, border - 9), max: border + 9 })),
);
const request = fc
  .record({
    kind: fc.constantFrom('read', 'write', 'write', 'writeZeroes', 'discard', 'flush', 'reopen'),
    start,
    count: fc.integer({ min: 1, max: 30 }),
    salt: fc.integer({ min: 1, max: 250 }),
  })
  .map(({ count, ...rest }) => ({ ...rest, count: Math.min(count, EXTENT_SECTORS - rest.start) }));

/** An extent of {@link EXTENT_SECTORS} sectors in which nothing was written. */
export interface ExtentUnderTest {
  readonly extent: Extent;
  /** Opens it once more, after it was closed; left out where nothing outlives it. */
  reopen?(): Promise<Extent>;
}

/**
 * Runs the suite.
 *
 * @param has `all` where the extent has all of the disk from the beginning, `written` where it has what was written
 * @param open makes one
 */
export function extentSuite(
  name: string,
  has: 'all' | 'written',
  open: (capacity: SectorCount) => Promise<ExtentUnderTest>,
): void {
  describe(`Extent: ${name}`, () => {
    it('is what a plain array is, also after it was closed and opened, and knows what it has', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(request, { maxLength: 25 }), async (requests) => {
          const { reopen, ...made } = await open(sectorCount(EXTENT_SECTORS));
          let { extent } = made;
          const model = new Uint8Array(EXTENT_SECTORS * 512);
          const owned = new Set<number>();
          for (const { kind, start: first, count, salt } of requests) {
            const [at, length] = [first * 512, count * 512];
            if (kind === 'read') {
              const buffer = new Uint8Array(length).fill(0xee);
              await extent.read(buffer, at);
              expect(Buffer.compare(buffer, model.subarray(at, at + length))).toBe(0);
            } else if (kind === 'write') {
              const bytes = pattern(length, salt);
              await extent.write(bytes, at);
              expect(Buffer.compare(bytes, pattern(length, salt)), 'the caller’s buffer').toBe(0);
              model.set(bytes, at);
              for (let sector = first; sector < first + count; sector++) owned.add(sector);
            } else if (kind === 'flush') await extent.flush();
            else if (kind === 'reopen') {
              if (reopen === undefined) continue;
              await extent.close();
              extent = await reopen();
            } else {
              await extent[kind](at, length);
              model.fill(0, at, at + length);
            }
          }
          expect(Buffer.compare(await contentOf(extent), model)).toBe(0);
          const held = new Set<number>();
          let behind = -1;
          for (const { startBytes, endBytes } of await extent.allocatedRanges(0, EXTENT_SECTORS * 512)) {
            expect(startBytes, 'ranges are in order and do not touch').toBeGreaterThan(behind);
            expect(endBytes).toBeGreaterThan(startBytes);
            for (let sector = startBytes / 512; sector < endBytes / 512; sector++) held.add(sector);
            behind = endBytes;
          }
          for (const sector of owned) expect(held.has(sector)).toBe(true);
          if (has === 'all') expect(held.size).toBe(EXTENT_SECTORS);
          await extent.close();
        }),
        { numRuns: 40 },
      );
    });

    it('answers the ranges of the part that is asked for, cut at its ends', async () => {
      const { extent } = await open(sectorCount(EXTENT_SECTORS));
      await extent.write(pattern(4 * 512), 4094 * 512);
      const all = [{ startBytes: 4095 * 512, endBytes: 4097 * 512 }];
      expect(await extent.allocatedRanges(4095 * 512, 2 * 512)).toEqual(all);
      expect(await extent.allocatedRanges(4095 * 512, 0)).toEqual([]);
      if (has === 'all') return;
      const written = [{ startBytes: 4094 * 512, endBytes: 4098 * 512 }];
      expect(await extent.allocatedRanges(0, EXTENT_SECTORS * 512)).toEqual(written);
      expect(await extent.allocatedRanges(0, 4094 * 512)).toEqual([]);
    });

    it('serves calls of different sectors side by side', async () => {
      const { extent } = await open(sectorCount(EXTENT_SECTORS));
      const model = new Uint8Array(EXTENT_SECTORS * 512);
      const places = Array.from({ length: 60 }, (_, index) => (index * 137) % (EXTENT_SECTORS - 2));
      await Promise.all(
        places.map(async (first, index) => {
          model.set(pattern(1024, index), first * 512);
          await extent.write(pattern(1024, index), first * 512);
          if (index % 7 === 0) await extent.flush();
        }),
      );
      expect(Buffer.compare(await contentOf(extent), model)).toBe(0);
    });
  });
}
