import { SparseImage } from '@vcryptsim/hypervisor/formats';
import { replaceFile } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { randomImage, streamOf } from './support/random-image.js';

const files = new MemoryFileSystem();

/** Opens bytes as a sparse image and hands it to `use`. */
async function withImage<T>(bytes: Uint8Array, use: (image: SparseImage) => Promise<T>): Promise<T> {
  await replaceFile(files, '/a.vmdk', bytes);
  const handle = await files.open('/a.vmdk', { access: 'read' });
  try {
    return await use(await SparseImage.open(handle, 'a.vmdk'));
  } finally {
    await handle.close();
  }
}

async function contentOf(bytes: Uint8Array): Promise<Buffer> {
  return withImage(bytes, async (image) => {
    const content = Buffer.alloc(image.sizeBytes, 0xee);
    expect(await image.read(content, 0)).toBe(image.sizeBytes);
    return content;
  });
}

const set = (bytes: Uint8Array, at: number, ...values: number[]): Uint8Array => {
  const changed = Uint8Array.from(bytes);
  changed.set(values, at);
  return changed;
};

describe('a streamOptimized file that we write', async () => {
  const image = randomImage(70_001, 3);
  const stream = await streamOf(files, image, '# Disk DescriptorFile\n');

  it('holds the disk: more than one table, and an end that is no whole grain', async () => {
    expect((await contentOf(stream)).equals(image)).toBe(true);
    expect(stream.length % 512).toBe(0);
  });

  it('is read at any place', async () => {
    await withImage(stream, async (opened) => {
      for (const [offset, length] of [
        [0, 1],
        [65_535, 2],
        [1_000_000, 200_001],
        [image.length - 700, 700],
      ] as const) {
        const piece = Buffer.alloc(length);
        expect(await opened.read(piece, offset)).toBe(length);
        expect(piece.equals(image.subarray(offset, offset + length))).toBe(true);
      }
      expect(await opened.read(Buffer.alloc(100), image.length - 60)).toBe(60);
      expect(await opened.read(Buffer.alloc(100), image.length + 60)).toBe(0);
    });
  });

  it('is the same file each time, and holds no grain for zeros', async () => {
    expect(Buffer.compare(await streamOf(files, image, '# Disk DescriptorFile\n'), stream)).toBe(0);
    const empty = await streamOf(files, new Uint8Array(40 * 1024 * 1024), '');
    // Front, a directory of two entries, footer: each with its marker, and the end.
    expect(empty.length).toBe((128 + 2 + 2 + 1) * 512);
    expect((await contentOf(empty)).equals(Buffer.alloc(40 * 1024 * 1024))).toBe(true);
  });

  it.each([
    ['its last sector', (bytes: Uint8Array) => bytes.subarray(0, -512), /footer is not at its end/],
    ['all but its header', (bytes: Uint8Array) => bytes.subarray(0, 512), /footer is not at its end/],
    ['half of it', (bytes: Uint8Array) => bytes.subarray(0, Math.floor(bytes.length / 1024) * 512), /cut short/],
  ])('is refused without %s', async (_what, cut, says) => {
    await expect(contentOf(cut(stream))).rejects.toMatchObject({
      code: 'FILE_DAMAGED',
      message: expect.stringMatching(says),
    });
  });

  it.each<[string, Uint8Array, string, RegExp]>([
    ['a transfer in text mode', set(stream, 75, 0x0a), 'FILE_DAMAGED', /transfer in text mode/],
    ['version 4', set(stream, 4, 4), 'NOT_SUPPORTED', /version 4/],
    ['version 0', set(stream, 4, 0), 'NOT_SUPPORTED', /version 0/],
    ['another compression', set(stream, 77, 2), 'NOT_SUPPORTED', /compressed in a way/],
    ['a capacity of nothing', set(stream, stream.length - 1024 + 12, 0, 0, 0), 'FILE_DAMAGED', /0 sectors/],
    ['a huge capacity', set(stream, stream.length - 1024 + 18, 0xff), 'FILE_DAMAGED', /not possible/],
    ['huge grains', set(stream, 21, 0xff), 'NOT_SUPPORTED', /grains of/],
    ['tables of nothing', set(stream, stream.length - 1024 + 44, 0, 0), 'FILE_DAMAGED', /0 entries/],
    ['no directory', set(stream, stream.length - 1024 + 56, 0, 0, 0, 0), 'FILE_DAMAGED', /names no grain directory/],
    [
      'a directory far away',
      set(stream, stream.length - 1024 + 59, 9),
      'FILE_DAMAGED',
      /directory lies beyond the end/,
    ],
    ['a grain of another sector', set(stream, 128 * 512, 1), 'FILE_DAMAGED', /data of sector \d+ lies/],
    ['a grain without length', set(stream, 128 * 512 + 8, 0, 0, 0), 'FILE_DAMAGED', /length of 0/],
    ['a grain of 4 GiB', set(stream, 128 * 512 + 8, 255, 255, 255, 255), 'FILE_DAMAGED', /length of 4294967295/],
    ['a grain that is no deflate stream', set(stream, 128 * 512 + 12, 0), 'FILE_DAMAGED', /cannot be inflated/],
  ])('is refused with %s', async (_what, bytes, code, message) => {
    await expect(contentOf(bytes)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('is refused with a grain that inflates to more than a grain', async () => {
    const { deflateSync } = await import('node:zlib');
    const bomb = deflateSync(Buffer.alloc(8 * 1024 * 1024));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bomb.length);
    const noisy = await streamOf(files, randomImage(128, 5).fill(Buffer.from([1, 2, 3, 4, 5, 6, 7])), '');
    const front = noisy.subarray(0, 128 * 512 + 8);
    const rest = Buffer.concat([length, bomb, Buffer.alloc(512)]);
    const bytes = Buffer.concat([front, rest, Buffer.alloc((512 - ((front.length + rest.length) % 512)) % 512)]);
    // A directory at the front, so that the file needs no footer.
    const sector = bytes.length / 512;
    const tables = Buffer.alloc(5 * 512);
    tables.writeUInt32LE(sector + 1, 0);
    tables.writeUInt32LE(128, 512);
    const whole = Buffer.concat([bytes, tables]);
    whole.writeBigUInt64LE(BigInt(sector), 56);
    await expect(contentOf(whole)).rejects.toMatchObject({
      code: 'FILE_DAMAGED',
      message: expect.stringContaining('cannot be inflated'),
    });
  });
});

describe('a file that is none', () => {
  it.each([
    ['empty', new Uint8Array(0)],
    ['short', new TextEncoder().encode('KDMV')],
    ['of another kind', new Uint8Array(512).fill(7)],
  ])('is refused: %s', async (_what, bytes) => {
    await expect(contentOf(bytes)).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
  });
});
