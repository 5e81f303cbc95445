import { describe, expect, it } from 'vitest';
import { nativeEngine, portableEngine, type XtsEngine } from '../src/index.js';
import { describeVectors } from './vectors/describe-vectors.js';
import { fromHex, toHex } from './vectors/hex.js';
import { IEEE_1619_KEY, IEEE_1619_PLAINTEXT, IEEE_1619_VECTORS } from './vectors/ieee-1619.js';

interface XtsCase {
  key: string;
  /** 16 bytes as they enter Key2. */
  tweak: Uint8Array;
  plaintext: string;
  ciphertext: string;
}

describe.each([nativeEngine(), portableEngine()])('XTS vectors, $name engine', (engine) => {
  describe('IEEE 1619-2007 vectors 10 to 14', () => {
    it.each(IEEE_1619_VECTORS)('number $number', ({ dataUnit, ciphertext }) => {
      const cipher = engine.prepare(fromHex(IEEE_1619_KEY));
      const unit = IEEE_1619_PLAINTEXT.slice();
      cipher.encryptRun(unit, dataUnit, 512);
      expect(toHex(unit)).toBe(ciphertext);
      cipher.decryptRun(unit, dataUnit, 512);
      expect(unit).toEqual(IEEE_1619_PLAINTEXT);
    });
  });

  describeVectors<{ key: string; iv: string; pt: string; ct: string; equalHalves?: boolean }>('xts-ieee1619', (all) => {
    it('agrees with all, and refuses the one with equal halves', () => {
      const equal = all.filter((vector) => vector.equalHalves === true);
      expect(equal).toHaveLength(1);
      for (const { key } of equal) {
        expect(() => engine.prepare(fromHex(key))).toThrow(expect.objectContaining({ code: 'KEY_HALVES_EQUAL' }));
      }
      const rest = all.filter((vector) => vector.equalHalves !== true);
      expect(rest.map((vector) => agrees(engine, fromIv(vector)))).toEqual(Array(20).fill('agrees'));
    });
  });

  for (const [name, count] of [['xts-aes256-botan-extra', 46] as const, ['xts-wycheproof', 82] as const]) {
    describeVectors<{ key: string; iv: string; pt: string; ct: string }>(name, (all) => {
      it('agrees with all', () => {
        expect(all.map((vector) => agrees(engine, fromIv(vector)))).toEqual(Array(count).fill('agrees'));
      });
    });
  }

  describeVectors<{ key: string; dataUnit: number; pt: string; ct: string }>('xts-acvp', (all) => {
    it('agrees with all', () => {
      const cases = all.map((v) => ({ key: v.key, tweak: unitTweak(v.dataUnit), plaintext: v.pt, ciphertext: v.ct }));
      expect(cases.map((one) => agrees(engine, one))).toEqual(Array(4).fill('agrees'));
    });
  });

  const NIST_FILES = [
    ['xts-aes256-nist-cavp-hex', (text: string | number) => fromHex(String(text))],
    ['xts-aes256-nist-cavp-seq', (number: string | number) => unitTweak(Number(number))],
  ] as const;
  for (const [name, tweakOf] of NIST_FILES) {
    type Row = [
      direction: string,
      count: number,
      bits: number,
      key: string,
      tweak: string | number,
      pt: string,
      ct: string,
    ];
    describeVectors<Row>(name, (all) => {
      it('agrees with the 600 whose units are whole bytes', () => {
        const cases = all.map(([, , , key, tweak, plaintext, ciphertext]) => {
          return { key, tweak: tweakOf(tweak), plaintext, ciphertext };
        });
        expect(cases.map((one) => agrees(engine, one))).toEqual(Array(600).fill('agrees'));
      });
    });
  }
});

/** Both directions, as one unit; and, where the vector is whole blocks of a numbered unit, as a run too. */
function agrees(engine: XtsEngine, { key, tweak, plaintext, ciphertext }: XtsCase): string {
  const cipher = engine.prepare(fromHex(key));
  const seen: string[] = [];
  const unit = fromHex(plaintext);
  cipher.encryptUnit(unit, tweak);
  seen.push(toHex(unit));
  cipher.decryptUnit(unit, tweak);
  seen.push(toHex(unit));
  const view = new DataView(tweak.buffer);
  if (unit.length % 16 === 0 && view.getBigUint64(8, true) === 0n) {
    const dataUnit = view.getBigUint64(0, true);
    cipher.encryptRun(unit, dataUnit, unit.length);
    seen.push(toHex(unit));
    cipher.decryptRun(unit, dataUnit, unit.length);
    seen.push(toHex(unit));
  }
  return seen.every((hex, index) => hex === (index % 2 === 0 ? ciphertext : plaintext)) ? 'agrees' : seen.join(' ');
}

function fromIv({ key, iv, pt, ct }: { key: string; iv: string; pt: string; ct: string }): XtsCase {
  return { key, tweak: fromHex(iv.padEnd(32, '0')), plaintext: pt, ciphertext: ct };
}

function unitTweak(dataUnit: number): Uint8Array {
  const tweak = new Uint8Array(16);
  new DataView(tweak.buffer).setBigUint64(0, BigInt(dataUnit), true);
  return tweak;
}
