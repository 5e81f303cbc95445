import { createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  aesKeyUnwrap,
  aesKeyUnwrapPadded,
  aesKeyWrap,
  aesKeyWrapPadded,
  counterKdfFixedInput,
  counterKdfHmacSha256,
  gcmOpen,
  gcmSeal,
  hkdfSha256,
  pbkdf2Sha256,
} from '../src/index.js';
import { toHex } from './vectors/hex.js';

const refusal = (code: string) => expect.objectContaining({ name: 'CryptoError', code });
const empty = new Uint8Array(0);
const kek = new Uint8Array(32).fill(1);

describe('lengths are checked before OpenSSL is asked', () => {
  it.each([0, 8, 15, 17])('a key of %i bytes to wrap', (length) => {
    expect(() => aesKeyWrap(kek, new Uint8Array(length))).toThrow(refusal('LENGTH'));
  });

  it.each([0, 8, 16, 23, 25])('a wrapped key of %i bytes', (length) => {
    expect(() => aesKeyUnwrap(kek, new Uint8Array(length))).toThrow(refusal('LENGTH'));
  });

  it('padded wrap of nothing, padded unwrap of 8 and 17 bytes', () => {
    expect(() => aesKeyWrapPadded(kek, empty)).toThrow(refusal('LENGTH'));
    for (const length of [8, 17]) {
      expect(() => aesKeyUnwrapPadded(kek, new Uint8Array(length))).toThrow(refusal('LENGTH'));
    }
  });

  it('a key-encryption key of 20 bytes', () => {
    expect(() => aesKeyWrap(new Uint8Array(20), new Uint8Array(16))).toThrow(refusal('LENGTH'));
    expect(() => aesKeyWrap(createSecretKey(new Uint8Array(20)), new Uint8Array(16))).toThrow(refusal('LENGTH'));
  });

  it('a nonce of 16 bytes, a sealed message shorter than its tag', () => {
    const key = createSecretKey(kek);
    const [short, long] = [new Uint8Array(12), new Uint8Array(16)];
    expect(() => gcmSeal({ key, nonce: long, aad: empty, plaintext: empty })).toThrow(refusal('LENGTH'));
    expect(() => gcmOpen({ key, nonce: long, aad: empty, sealed: long })).toThrow(refusal('LENGTH'));
    expect(() => gcmOpen({ key, nonce: short, aad: empty, sealed: short })).toThrow(refusal('ENVELOPE_MISMATCH'));
  });

  it.each([0, -1, 1.5, 8161, Number.NaN])('%d bytes of HKDF', (lengthBytes) => {
    expect(() => hkdfSha256({ key: kek, salt: empty, info: empty, lengthBytes })).toThrow(refusal('LENGTH'));
  });

  it.each([0, 1.5, 255 * 32 + 1])('%d bytes of a counter KDF with 8 bits', (lengthBytes) => {
    const o = { key: kek, fixedInput: empty, lengthBytes, counterBits: 8 } as const;
    expect(() => counterKdfHmacSha256(o)).toThrow(refusal('LENGTH'));
  });

  it('no iterations, no bytes of PBKDF2', () => {
    const o = { password: kek, salt: kek, iterations: 1, lengthBytes: 1 };
    expect(() => pbkdf2Sha256({ ...o, iterations: 0 })).toThrow(refusal('LENGTH'));
    expect(() => pbkdf2Sha256({ ...o, lengthBytes: 0 })).toThrow(refusal('LENGTH'));
    expect(pbkdf2Sha256(o)).toHaveLength(1);
  });
});

it('a flipped bit of a wrapped key is a mismatch', () => {
  const wrapped = aesKeyWrap(kek, new Uint8Array(32).fill(5));
  wrapped[3]! ^= 1;
  expect(() => aesKeyUnwrap(kek, wrapped)).toThrow(refusal('KEY_WRAP_MISMATCH'));
});

it('fields of 32 bits are the default of the counter KDF', () => {
  const input = { label: kek, context: empty, lengthBytes: 16 };
  const fixedInput = counterKdfFixedInput(input);
  expect(toHex(fixedInput.subarray(-5))).toBe('0000000080');
  expect(counterKdfHmacSha256({ key: kek, fixedInput, lengthBytes: 16 })).toEqual(
    counterKdfHmacSha256({ key: kek, fixedInput, lengthBytes: 16, counterBits: 32 }),
  );
});
