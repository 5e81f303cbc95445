import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { nativeEngine, perUnitEngine, pooledEngine, portableEngine } from '../src/index.js';

const native = nativeEngine();
const portable = portableEngine();
const perUnit = perUnitEngine();
const LAST_UNIT = 2n ** 64n - 1n;

/** Keys with different halves, whole blocks a unit, starts near the edges where a narrower number would turn over. */
const keys = fc.uint8Array({ minLength: 64, maxLength: 64 }).filter((key) => {
  return Buffer.compare(key.subarray(0, 32), key.subarray(32)) !== 0;
});
const unitSizes = fc.oneof(
  fc.constantFrom(512, 4096),
  fc.integer({ min: 1, max: 300 }).map((blocks) => blocks * 16),
);
const edges = fc
  .tuple(fc.constantFrom(0n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n, LAST_UNIT - 200_000n), fc.bigInt(-70n, 70n))
  .map(([edge, near]) => (edge + near < 0n ? 0n : edge + near));
const starts = fc.oneof(edges, fc.bigInt(0n, LAST_UNIT - 4096n));

function randomBytes(lengthBytes: number, seed: number): Uint8Array {
  let state = seed | 1;
  return Uint8Array.from({ length: lengthBytes }, () => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223;
    return state >>> 24;
  });
}

describe('native = portable = per-unit OpenSSL', () => {
  it('on random keys, sizes and starts, both ways, in place and copied', () => {
    fc.assert(
      fc.property(
        keys,
        unitSizes,
        fc.integer({ min: 0, max: 40 }),
        starts,
        fc.integer(),
        (key, size, count, first, seed) => {
          const plain = randomBytes(size * count, seed);
          const [copied, inPlace] = [
            plain.slice(),
            native.allocateBuffer(Math.max(plain.length, 1)).subarray(0, plain.length),
          ];
          const [slow, plainOpenssl] = [plain.slice(), plain.slice()];
          inPlace.set(plain);
          const fast = native.prepare(key);
          fast.encryptRun(copied, first, size);
          fast.encryptRun(inPlace, first, size);
          portable.prepare(key).encryptRun(slow, first, size);
          perUnit.prepare(key).encryptRun(plainOpenssl, first, size);
          for (const other of [inPlace, slow, plainOpenssl]) expect(Buffer.compare(copied, other)).toBe(0);
          fast.decryptRun(copied, first, size);
          fast.decryptRun(inPlace, first, size);
          portable.prepare(key).decryptRun(slow, first, size);
          for (const other of [copied, inPlace, slow]) expect(Buffer.compare(plain, other)).toBe(0);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('on one unit of any length, stealing included', () => {
    const tweaks = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(keys, tweaks, fc.uint8Array({ minLength: 16, maxLength: 600 }), (key, tweak, plain) => {
        const [fast, slow] = [plain.slice(), plain.slice()];
        native.prepare(key).encryptUnit(fast, tweak);
        portable.prepare(key).encryptUnit(slow, tweak);
        expect(fast).toEqual(slow);
        native.prepare(key).decryptUnit(slow, tweak);
        portable.prepare(key).decryptUnit(fast, tweak);
        expect([fast, slow]).toEqual([plain, plain]);
      }),
      { numRuns: 400 },
    );
  });
});

describe('pool = inline', () => {
  const pooled = pooledEngine({ workers: 3 });
  afterAll(() => pooled.close());

  it('on random keys, unit sizes, lengths and starts, both ways', async () => {
    const buffer = pooled.allocateBuffer(2_000_000);
    await fc.assert(
      fc.asyncProperty(
        keys,
        unitSizes,
        fc.integer({ min: 1, max: 2_000_000 }),
        edges,
        fc.integer(),
        async (key, size, length, first, seed) => {
          const units = buffer.subarray(0, Math.floor(length / size) * size);
          units.set(randomBytes(units.length, seed));
          const expected = units.slice();
          const inline = native.prepare(key);
          const cipher = pooled.prepare(key);
          inline.encryptRun(expected, first, size);
          await cipher.encryptLargeRun(units, first, size);
          expect(Buffer.compare(units, expected)).toBe(0);
          inline.decryptRun(expected, first, size);
          await cipher.decryptLargeRun(units, first, size);
          expect(Buffer.compare(units, expected)).toBe(0);
          cipher.dispose();
        },
      ),
      { numRuns: 60 },
    );
  });
});
