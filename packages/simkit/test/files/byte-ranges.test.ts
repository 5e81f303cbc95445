import { describe, expect, it } from 'vitest';
import { counted } from '../../../../test/support/counted.js';
import { ByteRanges } from '../../src/files/byte-ranges.js';

const SECTOR_BYTES = 512;

/** Every second sector of `count`, in an order without a system: no range ever touches another. */
function scattered(count: number): number[] {
  const places = Array.from({ length: count }, (_, at) => at * 2 * SECTOR_BYTES);
  let state = 1;
  for (let at = count - 1; at > 0; at--) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const other = state % (at + 1);
    [places[at], places[other]] = [places[other] as number, places[at] as number];
  }
  return places;
}

function comparisonsOf(places: readonly number[]): number {
  const ranges = new ByteRanges();
  for (const place of places) ranges.add(place, place + SECTOR_BYTES);
  expect(ranges.list()).toHaveLength(new Set(places).size);
  return ranges.comparisons;
}

describe('ByteRanges', () => {
  it('costs n log n for writes all over a file, and no more for writes over and over', () => {
    const small = comparisonsOf(scattered(20_000));
    const large = comparisonsOf(scattered(40_000));
    const ratio = counted('comparisons of scattered writes', [small, '20,000'], [large, '40,000']);
    expect(ratio).toBeLessThan(2.5);
    const again = scattered(500);
    expect(comparisonsOf(Array.from({ length: 80 }, () => again).flat())).toBeLessThan(large);
  });

  it('keeps no more changes than there are ranges, however long it is written', () => {
    const ranges = new ByteRanges();
    for (let write = 0; write < 50_000; write++) ranges.add((write % 2) * 10_000, (write % 2) * 10_000 + 1);
    expect(ranges.comparisons).toBeLessThan(50_000 * 15);
    expect(ranges.list()).toEqual([
      { startBytes: 0, endBytes: 1 },
      { startBytes: 10_000, endBytes: 10_001 },
    ]);
  });

  it('cuts what was written before, not what is written after', () => {
    const ranges = new ByteRanges();
    ranges.add(0, 100);
    ranges.cut(60);
    ranges.add(80, 90);
    ranges.cut(85);
    ranges.add(200, 210);
    expect(ranges.list()).toEqual([
      { startBytes: 0, endBytes: 60 },
      { startBytes: 80, endBytes: 85 },
      { startBytes: 200, endBytes: 210 },
    ]);
    ranges.cut(0);
    expect(ranges.list()).toEqual([]);
  });
});
