// Hostile sparse files: whatever a file says of itself, reading it ends in bytes or in a coded refusal, within memory that
// does not depend on what the file says.
import { SparseImage } from '@vcryptsim/hypervisor/formats';
import type { FileHandle } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { randomImage, streamOf } from './support/random-image.js';

const RUNS = 1_500;
/** The largest buffer that reading may ask for at once: two grains of 1 MiB and a sector. */
const BUFFER_MAX = 2 * 1024 * 1024 + 512;

/** Bytes as an open file that notes the largest buffer anybody wanted filled. */
function fileOf(bytes: Uint8Array, seen: { largest: number }): FileHandle {
  const refuse = async (): Promise<never> => {
    throw new Error('nobody writes here');
  };
  return {
    pread: async (buffer, offsetBytes) => {
      seen.largest = Math.max(seen.largest, buffer.length);
      const piece = bytes.subarray(Math.min(bytes.length, offsetBytes), offsetBytes + buffer.length);
      buffer.set(piece);
      return piece.length;
    },
    pwrite: refuse,
    truncate: refuse,
    fsync: refuse,
    sizeBytes: async () => bytes.length,
    close: async () => undefined,
  };
}

/** A sparse file in the other form: one table at the front, grains as they are. */
function sparseOf(image: Uint8Array): Uint8Array {
  const grains = Math.ceil(image.length / 65_536);
  const bytes = Buffer.alloc((1 + 1 + 4) * 512 + grains * 65_536);
  bytes.write('KDMV');
  bytes.writeUInt32LE(1, 4);
  bytes.writeUInt32LE(5, 8);
  bytes.writeBigUInt64LE(BigInt(image.length / 512), 12);
  bytes.writeBigUInt64LE(128n, 20);
  bytes.writeUInt32LE(512, 44);
  bytes.writeBigUInt64LE(1n, 56);
  bytes.write('\n \r\n', 73);
  bytes.writeUInt32LE(2, 512);
  for (let grain = 0; grain < grains; grain += 1) bytes.writeUInt32LE(6 + grain * 128, 1024 + 4 * grain);
  bytes.set(image, 6 * 512);
  return bytes;
}

const change = fc.record({
  at: fc.oneof(fc.nat(600), fc.integer({ min: -1536, max: -1 }), fc.nat(200_000)),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 8 }),
    fc.constantFrom(...[0, 1, 0x7f, 0xff].map((value) => new Uint8Array(8).fill(value))),
  ),
});

it('reads hostile sparse files in bounded memory, or refuses them by code', async () => {
  const image = randomImage(1_000, 11);
  const good = [await streamOf(new MemoryFileSystem(), image, '# Disk DescriptorFile\n'), sparseOf(image)];
  let [read, refused] = [0, 0];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...good),
      fc.array(change, { maxLength: 4 }),
      fc.option(fc.nat(100_000)),
      fc.nat(2 ** 31),
      async (bytes, changes, cutBytes, offset) => {
        const file = Uint8Array.from(cutBytes === null ? bytes : bytes.subarray(0, -cutBytes || undefined));
        for (const { at, bytes: put } of changes) {
          const start = at < 0 ? file.length + at : at;
          if (start >= 0 && start + put.length <= file.length) file.set(put, start);
        }
        const seen = { largest: 0 };
        try {
          const opened = await SparseImage.open(fileOf(file, seen), 'a.vmdk');
          expect(opened.sizeBytes % 512).toBe(0);
          const buffer = new Uint8Array(200_000);
          for (const from of [0, Math.max(0, opened.sizeBytes - buffer.length), offset % opened.sizeBytes]) {
            const count = await opened.read(buffer, from);
            expect(count).toBe(Math.min(buffer.length, opened.sizeBytes - from));
          }
          read += 1;
        } catch (error) {
          if ((error as Error).name !== 'HypervisorError') throw error;
          expect(['FILE_DAMAGED', 'NOT_SUPPORTED']).toContain((error as { code: string }).code);
          refused += 1;
        }
        expect(seen.largest).toBeLessThanOrEqual(BUFFER_MAX);
      },
    ),
    { numRuns: RUNS, seed: 12, examples: [[good[0] ?? new Uint8Array(), [], null, 0]] },
  );
  expect(read).toBeGreaterThan(RUNS / 10);
  expect(refused).toBeGreaterThan(RUNS / 10);
});
