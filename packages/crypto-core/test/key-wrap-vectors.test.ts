import { describe, expect, it } from 'vitest';
import { aesKeyUnwrap, aesKeyUnwrapPadded, aesKeyWrap, aesKeyWrapPadded, CryptoError } from '../src/index.js';
import { describeVectors } from './vectors/describe-vectors.js';
import { fromHex, toHex } from './vectors/hex.js';

interface WrapVector {
  mode?: 'KW' | 'KWP';
  kek: string;
  key?: string;
  wrapped: string;
  result?: 'valid' | 'invalid' | 'acceptable';
}

const KW = { wrap: aesKeyWrap, unwrap: aesKeyUnwrap };
const KWP = { wrap: aesKeyWrapPadded, unwrap: aesKeyUnwrapPadded };

describe('AES key wrap vectors', () => {
  const files: readonly [name: string, agree: number, refused: number, tooShort: number, mode?: 'KWP'][] = [
    ['keywrap-rfc3394', 6, 0, 0],
    ['keywrap-nist-rfc5649', 135, 10, 1],
    ['keywrap-wycheproof-aes256-kw', 13, 54, 1],
    ['keywrap-wycheproof-aes256-kwp', 25, 69, 0, 'KWP'],
    ['keywrap-acvp-aes256-kw', 10, 0, 0],
    ['keywrap-acvp-aes256-kwp', 8, 0, 0, 'KWP'],
  ];
  for (const [name, agree, refused, tooShort, mode] of files) {
    describeVectors<WrapVector>(name, (all) => {
      it(`agrees with ${agree}, refuses ${refused}; ${tooShort} are keys of 8 bytes, below RFC 3394's two blocks`, () => {
        const outcomes = all.map((vector) => judge({ mode: mode ?? 'KW', ...vector }));
        expect(outcomes.filter((outcome) => outcome === 'agrees')).toHaveLength(agree);
        expect(outcomes.filter((outcome) => outcome === 'refused as it must be')).toHaveLength(refused);
        expect(outcomes.filter((outcome) => outcome === 'shorter than two blocks')).toHaveLength(tooShort);
        expect(outcomes).toHaveLength(agree + refused + tooShort);
      });
    });
  }
});

function judge({ mode, kek, key, wrapped, result }: WrapVector): string {
  const { wrap, unwrap } = mode === 'KWP' ? KWP : KW;
  if (result === 'invalid')
    return refuses(() => unwrap(fromHex(kek), fromHex(wrapped))) ? 'refused as it must be' : 'taken';
  if (key === undefined) return 'no key';
  if (mode !== 'KWP' && key.length === 16) {
    const both = [() => unwrap(fromHex(kek), fromHex(wrapped)), () => wrap(fromHex(kek), fromHex(key))];
    return both.every(refuses) ? 'shorter than two blocks' : 'taken';
  }
  const unwrapped = toHex(unwrap(fromHex(kek), fromHex(wrapped)));
  const rewrapped = toHex(wrap(fromHex(kek), fromHex(key)));
  return unwrapped === key && rewrapped === wrapped ? 'agrees' : `${unwrapped} ${rewrapped}`;
}

function refuses(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch (error) {
    if (error instanceof CryptoError) return true;
    throw error;
  }
}
