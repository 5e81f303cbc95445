import { MemoryFileSystem, RecordingFileSystem } from '@vcryptsim/simkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

type Change = { readonly write: readonly [start: number, length: number] } | { readonly cutTo: number };

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.nat(60), fc.nat(12)).map((write) => ({ write })) },
  { weight: 1, arbitrary: fc.nat(70).map((cutTo) => ({ cutTo })) },
);

describe('RecordingFileSystem', () => {
  it('takes exactly the bytes that were written and still stand, as few ranges', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 25 }), async (changes) => {
        const files = new RecordingFileSystem(new MemoryFileSystem());
        const handle = await files.open('/a', { access: 'write', create: 'exclusive' });
        const dirty = new Set<number>();
        for (const one of changes) {
          if ('cutTo' in one) {
            await handle.truncate(one.cutTo);
            for (const byte of [...dirty]) if (byte >= one.cutTo) dirty.delete(byte);
          } else {
            const [start, length] = one.write;
            await handle.pwrite(new Uint8Array(length), start);
            for (let byte = start; byte < start + length; byte++) dirty.add(byte);
          }
        }
        const ranges = files.take().get('/a') ?? [];
        const taken = ranges.flatMap(({ startBytes, endBytes }) =>
          Array.from({ length: endBytes - startBytes }, (_, i) => startBytes + i),
        );
        expect(taken).toEqual([...dirty].sort((a, b) => a - b));
        const edges = ranges.slice(1).map((range, i) => range.startBytes - (ranges[i]?.endBytes ?? 0));
        expect(edges.every((gap) => gap > 0)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
