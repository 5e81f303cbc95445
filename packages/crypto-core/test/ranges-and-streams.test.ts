import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coveringUnits, EncryptedRange, nativeEngine, turnStream } from '../src/index.js';

const cipher = nativeEngine().prepare(Uint8Array.from({ length: 64 }, (_, index) => index));
const refusal = (code: string) => expect.objectContaining({ name: 'CryptoError', code });

describe('coveringUnits', () => {
  it.each([
    [0n, 512, 512, { firstUnit: 0n, unitCount: 1, headBytes: 0, tailBytes: 0 }],
    [1n, 510, 512, { firstUnit: 0n, unitCount: 1, headBytes: 1, tailBytes: 1 }],
    [511n, 2, 512, { firstUnit: 0n, unitCount: 2, headBytes: 511, tailBytes: 511 }],
    [4096n, 0, 4096, { firstUnit: 1n, unitCount: 0, headBytes: 0, tailBytes: 0 }],
    [5000n, 0, 4096, { firstUnit: 1n, unitCount: 0, headBytes: 904, tailBytes: 0 }],
    [2n ** 53n * 512n + 3n, 10, 512, { firstUnit: 2n ** 53n, unitCount: 1, headBytes: 3, tailBytes: 499 }],
    [(2n ** 64n - 1n) * 512n, 512, 512, { firstUnit: 2n ** 64n - 1n, unitCount: 1, headBytes: 0, tailBytes: 0 }],
  ])('%i, %i bytes, units of %i', (offset, length, unit, expected) => {
    expect(coveringUnits(offset, length, unit)).toEqual(expected);
  });

  it('refuses ranges outside 64 bits and units that are no blocks', () => {
    expect(() => coveringUnits(-1n, 1, 512)).toThrow(refusal('UNIT_RANGE'));
    expect(() => coveringUnits(2n ** 64n * 512n - 1n, 2, 512)).toThrow(refusal('UNIT_RANGE'));
    for (const unit of [0, 8, 520, 512.5]) expect(() => coveringUnits(0n, 1, unit)).toThrow(refusal('UNIT_SIZE'));
  });
});

/** A disk of ciphertext in memory that counts what is asked of it. */
function memoryStore(units: number, unitSizeBytes: number, firstUnit: bigint) {
  const bytes = new Uint8Array(units * unitSizeBytes);
  cipher.encryptRun(bytes, firstUnit, unitSizeBytes);
  const view = (length: number, unit: bigint) => {
    const at = Number(unit - firstUnit) * unitSizeBytes;
    return bytes.subarray(at, at + length);
  };
  const calls = { reads: 0, writes: 0 };
  const store = {
    read: async (target: Uint8Array, unit: bigint) => {
      calls.reads += 1;
      target.set(view(target.length, unit));
    },
    write: async (source: Uint8Array, unit: bigint) => {
      calls.writes += 1;
      view(source.length, unit).set(source);
    },
  };
  return { bytes, store, calls };
}

describe('EncryptedRange', () => {
  it('is a plain disk to its user, at any offset, length and buffer, beyond 2^53 too', async () => {
    const UNITS = 20;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(16, 512, 4096),
        fc.constantFrom(0n, 2n ** 32n - 7n, 2n ** 53n - 3n),
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        async (unitSizeBytes, firstUnit, bufferUnits, writes) => {
          const { bytes, store } = memoryStore(UNITS, unitSizeBytes, firstUnit);
          const plain = new Uint8Array(bytes.length);
          const buffer = new Uint8Array(bufferUnits * unitSizeBytes + 5);
          const range = new EncryptedRange({ cipher, store, unitSizeBytes, buffer });
          const base = firstUnit * BigInt(unitSizeBytes);
          for (const [start, length, value] of writes) {
            const at = start % plain.length;
            const data = new Uint8Array(length % (plain.length - at)).fill(value);
            plain.set(data, at);
            await range.write(data, base + BigInt(at));
            const back = new Uint8Array(data.length);
            await range.read(back, base + BigInt(at));
            expect(Buffer.compare(back, data)).toBe(0);
          }
          cipher.decryptRun(bytes, firstUnit, unitSizeBytes);
          expect(Buffer.compare(bytes, plain)).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('reads nothing before it writes whole units', async () => {
    const { store, calls } = memoryStore(8, 512, 0n);
    const range = new EncryptedRange({ cipher, store, unitSizeBytes: 512, buffer: new Uint8Array(4096) });
    await range.write(new Uint8Array(2048), 512n);
    expect(calls).toEqual({ reads: 0, writes: 1 });
    await range.write(new Uint8Array(2), 511n);
    expect(calls).toEqual({ reads: 2, writes: 2 });
    await range.write(new Uint8Array(2), 100n);
    expect(calls).toEqual({ reads: 3, writes: 3 });
  });

  it('wants room for one unit', () => {
    const { store } = memoryStore(1, 512, 0n);
    const buffer = new Uint8Array(511);
    expect(() => new EncryptedRange({ cipher, store, unitSizeBytes: 512, buffer })).toThrow('holds no data unit');
  });
});

describe('turnStream', () => {
  const through = async (direction: 'encrypt' | 'decrypt', chunks: Uint8Array[], bufferBytes: number) => {
    const pieces: Uint8Array[] = [];
    const o = { firstUnit: 2n ** 53n - 1n, unitSizeBytes: 512, buffer: new Uint8Array(bufferBytes) };
    for await (const piece of turnStream(cipher, direction, chunks, o)) pieces.push(piece.slice());
    return Buffer.concat(pieces);
  };

  it('gives the bytes of one run, however the stream is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(900), { maxLength: 12 }),
        fc.integer({ min: 512, max: 3000 }),
        async (cuts, room) => {
          const plain = Uint8Array.from({ length: 5120 }, (_, index) => index * 3);
          const chunks: Uint8Array[] = [];
          let at = 0;
          for (const cut of cuts) {
            chunks.push(plain.subarray(at, at + cut));
            at += cut;
          }
          chunks.push(plain.subarray(at));
          const expected = plain.slice();
          cipher.encryptRun(expected, 2n ** 53n - 1n, 512);
          const encrypted = await through('encrypt', chunks, room);
          expect(Buffer.compare(encrypted, expected)).toBe(0);
          expect(Buffer.compare(await through('decrypt', [encrypted], room), plain)).toBe(0);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('refuses a stream that ends inside a unit, and a buffer below one', async () => {
    await expect(through('encrypt', [new Uint8Array(513)], 4096)).rejects.toEqual(refusal('UNIT_SIZE'));
    await expect(through('encrypt', [new Uint8Array(512)], 511)).rejects.toThrow('holds no data unit');
  });

  it('pulls its source only when it is pulled', async () => {
    let pulled = 0;
    function* source() {
      for (;;) {
        pulled += 1;
        yield new Uint8Array(512);
      }
    }
    const o = { firstUnit: 0n, unitSizeBytes: 512, buffer: new Uint8Array(1024) };
    const stream = turnStream(cipher, 'encrypt', source(), o);
    await stream.next();
    expect(pulled).toBe(2);
    await stream.return();
  });
});
