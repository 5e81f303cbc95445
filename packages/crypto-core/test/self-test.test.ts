import { describe, expect, it } from 'vitest';
import { autoEngine, nativeEngine, perUnitEngine, portableEngine, type XtsEngine } from '../src/index.js';
import { derivationSelfTest } from '../src/kdf/derivation-self-test.js';
import { hkdfSha256 } from '../src/kdf/hkdf.js';
import { selfTest } from '../src/xts/self-test.js';

const draw = (lengthBytes: number) => Uint8Array.from({ length: lengthBytes }, (_, index) => index * 11 + 5);
const failure = (part: string) =>
  expect.objectContaining({ code: 'SELF_TEST_FAILED', message: expect.stringContaining(part) });

/** An engine with one planted mistake. */
function planted(
  mistake: (cipher: ReturnType<XtsEngine['prepare']>) => Partial<ReturnType<XtsEngine['prepare']>>,
): XtsEngine {
  const good = perUnitEngine();
  const prepare = (key: Uint8Array) => {
    const cipher = good.prepare(key);
    const whole = {
      encryptRun: cipher.encryptRun.bind(cipher),
      decryptRun: cipher.decryptRun.bind(cipher),
      encryptLargeRun: cipher.encryptLargeRun.bind(cipher),
      decryptLargeRun: cipher.decryptLargeRun.bind(cipher),
      encryptUnit: cipher.encryptUnit.bind(cipher),
      decryptUnit: cipher.decryptUnit.bind(cipher),
      dispose: cipher.dispose.bind(cipher),
    };
    return { ...whole, ...mistake(cipher) };
  };
  return { ...good, name: 'native', prepare };
}

describe('the self-test', () => {
  it.each([nativeEngine(), portableEngine(), perUnitEngine(), planted(() => ({}))])(
    'passes a good engine',
    (engine) => {
      expect(() => selfTest(engine, draw)).not.toThrow();
    },
  );

  it('fails an engine that forgets to encrypt, or to decrypt', () => {
    const noEncryption = planted(() => ({ encryptRun: () => {} }));
    const noDecryption = planted(() => ({ decryptRun: () => {} }));
    expect(() => selfTest(noEncryption, draw)).toThrow(failure('IEEE 1619 vector 10'));
    expect(() => selfTest(noDecryption, draw)).toThrow(failure('IEEE 1619 vector 10'));
  });

  it('fails an engine that keeps unit numbers in 32 bits, which round-trips with itself', () => {
    const narrow = planted((cipher) => ({
      encryptRun: (units, first, size) => {
        for (let at = 0n; at < units.length / size; at++) {
          const one = units.subarray(Number(at) * size, Number(at + 1n) * size);
          cipher.encryptRun(one, BigInt.asUintN(32, first + at), size);
        }
      },
      decryptRun: (units, first, size) => {
        for (let at = 0n; at < units.length / size; at++) {
          const one = units.subarray(Number(at) * size, Number(at + 1n) * size);
          cipher.decryptRun(one, BigInt.asUintN(32, first + at), size);
        }
      },
    }));
    expect(() => selfTest(narrow, draw)).toThrow(failure('cross-check with the portable engine'));
  });

  it('zeroes the key that it drew', () => {
    const drawn: Uint8Array[] = [];
    autoEngine((lengthBytes) => {
      drawn.push(draw(lengthBytes));
      return drawn.at(-1)!;
    });
    expect(drawn[0]).toEqual(new Uint8Array(64));
  });

  it('lets the native engine start', () => {
    expect(autoEngine().name).toBe('native');
  });
});

describe('the self-test of the key derivation', () => {
  const draw = (lengthBytes: number) => new Uint8Array(lengthBytes).fill(lengthBytes);

  it('passes what derives as RFC 5869 says', () => {
    expect(() => derivationSelfTest(draw)).not.toThrow();
  });

  it('refuses a derivation that leaves out the salt', () => {
    const unsalted: typeof hkdfSha256 = (o) => hkdfSha256({ ...o, salt: new Uint8Array(0) });
    expect(() => derivationSelfTest(draw, unsalted)).toThrow(/HKDF-SHA-256 of this Node differs/);
  });
});
