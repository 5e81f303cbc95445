import { ByteScanner } from '@vcryptsim/simkit/scan';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

// Few different bytes, so that needles overlap, repeat and nearly match.
const someBytes = (min: number, max: number) =>
  fc.uint8Array({ minLength: min, maxLength: max, max: 3 }).map((bytes) => new Uint8Array(bytes));

describe('ByteScanner', () => {
  it('finds exactly what a plain search finds, however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(someBytes(4, 20), { minLength: 1, maxLength: 6 }),
        fc.array(someBytes(0, 70), { maxLength: 8 }),
        (needles, chunks) => {
          const scanner = new ByteScanner(
            needles.map((bytes, i) => ({ name: `${i}`, bytes, forms: ['raw'] as const })),
          );
          const found = chunks.flatMap((chunk) => scanner.scan(chunk)).map((one) => `${one.needle}@${one.offsetBytes}`);
          const stream = Buffer.concat(chunks);
          const wanted: string[] = [];
          needles.forEach((needle, i) => {
            for (let at = stream.indexOf(needle); at >= 0; at = stream.indexOf(needle, at + 1))
              wanted.push(`${i}@${at}`);
          });
          expect(found.sort()).toEqual(wanted.sort());
        },
      ),
      { numRuns: 3000 },
    );
  });
});
