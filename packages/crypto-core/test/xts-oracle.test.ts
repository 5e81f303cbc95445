import { describe, expect, it } from 'vitest';
import { nativeEngine, portableEngine } from '../src/index.js';
import { xtsOracle } from './oracle/xts-oracle.js';
import { fromHex, toHex } from './vectors/hex.js';
import { IEEE_1619_KEY, IEEE_1619_PLAINTEXT, IEEE_1619_VECTORS } from './vectors/ieee-1619.js';

describe('the third opinion', () => {
  it.each(IEEE_1619_VECTORS)('knows IEEE 1619 vector $number itself', ({ dataUnit, ciphertext }) => {
    const key = fromHex(IEEE_1619_KEY);
    const encrypted = Uint8Array.from(xtsOracle('encrypt', key, IEEE_1619_PLAINTEXT, dataUnit));
    expect(toHex(encrypted)).toBe(ciphertext);
    expect(Uint8Array.from(xtsOracle('decrypt', key, encrypted, dataUnit))).toEqual(IEEE_1619_PLAINTEXT);
  });

  it.each([0n, 1n, 2n ** 32n - 1n, 2n ** 53n + 1n, 2n ** 64n - 1n])(
    'agrees with both engines at unit %i',
    (dataUnit) => {
      for (const keySizeBytes of [32, 64]) {
        const key = Uint8Array.from({ length: keySizeBytes }, (_, index) => index * 5 + 1);
        const plain = Uint8Array.from({ length: 160 }, (_, index) => (index * 7) ^ Number(dataUnit & 0xffn));
        const expected = Uint8Array.from(xtsOracle('encrypt', key, plain, dataUnit));
        for (const engine of [nativeEngine(), portableEngine()]) {
          const units = plain.slice();
          engine.prepare(key).encryptRun(units, dataUnit, 160);
          expect(units).toEqual(expected);
          engine.prepare(key).decryptRun(units, dataUnit, 160);
          expect(units).toEqual(plain);
        }
      }
    },
  );
});
