// What the IO filter makes of holes, and what a rewrite under another key leaves of them.
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { turnWindow } from '../src/disk/turn-window.js';
import { VmcryptFilter } from '../src/disk/vmcrypt-filter.js';
import { contentOf, folderOn, newFlat, sectors, testDek } from './support/extents.js';
import { pattern } from './support/lab.js';

describe.each([512, 4096] as const)('a hole in a disk of data units of %i bytes', (unit) => {
  const under = async () => {
    const folder = await folderOn(new MemoryFileSystem());
    const extent = await newFlat(folder, sectors(64));
    return { extent, guest: new VmcryptFilter(extent, testDek(), unit) };
  };
  const seen = async (guest: VmcryptFilter): Promise<Uint8Array> => {
    const bytes = new Uint8Array(64 * 512).fill(0xee);
    await guest.read(bytes, 0);
    return bytes;
  };

  it('reads as zeros between data, and stays a hole', async () => {
    const { extent, guest } = await under();
    const model = new Uint8Array(64 * 512);
    for (const at of [unit, 3 * unit]) {
      await guest.write(pattern(unit, at), at);
      model.set(pattern(unit, at), at);
    }
    expect(Buffer.compare(await seen(guest), model)).toBe(0);
    const file = await contentOf(extent);
    expect(file.subarray(2 * unit, 3 * unit).every((byte) => byte === 0)).toBe(true);
    expect(file.subarray(unit, 2 * unit).every((byte) => byte === 0)).toBe(false);
  });

  it('is no hole once zeros are written: they become ciphertext', async () => {
    const { extent, guest } = await under();
    await guest.write(new Uint8Array(unit), unit);
    expect((await contentOf(extent)).subarray(unit, 2 * unit).every((byte) => byte === 0)).toBe(false);
    expect((await seen(guest)).every((byte) => byte === 0)).toBe(true);
  });

  it('is what a trim leaves of whole units; of others the part is zeros, and the rest stays', async () => {
    const { extent, guest } = await under();
    await guest.write(pattern(64 * 512, 1), 0);
    await guest.discard(512, 3 * 4096);
    const model = pattern(64 * 512, 1).fill(0, 512, 512 + 3 * 4096);
    expect(Buffer.compare(await seen(guest), model)).toBe(0);
    const file = await contentOf(extent);
    const holes = Array.from({ length: 64 }, (_, sector) => file.subarray(sector * 512, (sector + 1) * 512))
      .map((bytes, sector) => (bytes.every((byte) => byte === 0) ? sector : -1))
      .filter((sector) => sector >= 0);
    const [first, count] = unit === 512 ? [1, 24] : [8, 16];
    expect(holes).toEqual(Array.from({ length: count }, (_, index) => first + index));
  });

  it('inside one unit is not possible: a trim there writes zeros', async () => {
    const { guest } = await under();
    await guest.write(pattern(64 * 512, 1), 0);
    await guest.discard(4096 + 512, 1024);
    const model = pattern(64 * 512, 1).fill(0, 4096 + 512, 4096 + 1536);
    expect(Buffer.compare(await seen(guest), model)).toBe(0);
  });
});

describe('a window that is turned over', () => {
  const keys = {
    small: { dek: testDek(1), dataUnitSizeBytes: 512 },
    large: { dek: testDek(2), dataUnitSizeBytes: 4096 },
  } as const;
  const plain = pattern(4 * 4096, 3)
    .fill(0, 4096, 2 * 4096)
    .fill(0, 3 * 4096, 3 * 4096 + 512);
  const zerosAt = (bytes: Uint8Array): string =>
    Array.from({ length: 8 }, (_, half) =>
      bytes.subarray(half * 2048, half * 2048 + 512).every((byte) => byte === 0) ? '0' : 'x',
    ).join('');

  it.each([
    ['small', 'large'],
    ['large', 'small'],
    ['small', 'small'],
  ] as const)('keeps the holes of an encrypted disk, from %s data units to %s ones', (from, to) => {
    const window = plain.slice();
    turnWindow(window, 8192, null, keys[from], true);
    expect(zerosAt(window).slice(2, 4)).toBe('00');
    turnWindow(window, 8192, keys[from], keys[to]);
    expect(zerosAt(window).slice(2, 4)).toBe('00');
    turnWindow(window, 8192, keys[to], null);
    expect(Buffer.compare(window, plain)).toBe(0);
  });

  it('encrypts the zeros of a plain disk, unless they are to stay holes', () => {
    const window = plain.slice();
    turnWindow(window, 0, null, keys.large);
    expect(zerosAt(window)).toBe('xxxxxxxx');
    turnWindow(window, 0, keys.large, null);
    expect(Buffer.compare(window, plain)).toBe(0);
  });
});
