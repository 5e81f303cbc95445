import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nativeEngine, turnStream } from '../src/index.js';

const cipher = nativeEngine().prepare(Uint8Array.from({ length: 64 }, (_, index) => index));
const refusal = (code: string) => expect.objectContaining({ name: 'CryptoError', code });

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
