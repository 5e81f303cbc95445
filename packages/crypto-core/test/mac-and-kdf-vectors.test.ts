import { createSecretKey } from 'node:crypto';
import { hkdf as nobleHkdf } from '@noble/hashes/hkdf.js';
import { hmac as nobleHmac } from '@noble/hashes/hmac.js';
import { pbkdf2 as noblePbkdf2 } from '@noble/hashes/pbkdf2.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { expect, it } from 'vitest';
import {
  CryptoError,
  counterKdfFixedInput,
  counterKdfHmacSha256,
  type FieldBits,
  gcmOpen,
  gcmSeal,
  type HashName,
  hkdfSha256,
  hmac,
  hmacSha256,
  pbkdf2,
} from '../src/index.js';
import { describeVectors } from './vectors/describe-vectors.js';
import { fromHex, toHex } from './vectors/hex.js';

describeVectors<{ hash: HashName; key: string; msg: string; mac: string }>('hmac-rfc2202-4231', (all) => {
  it('agrees with all', () => {
    for (const { hash, key, msg, mac } of all) {
      expect(toHex(hmac(hash, fromHex(key), fromHex(msg))).slice(0, mac.length)).toBe(mac);
    }
    expect.assertions(25);
  });
});

type HmacRow = [tcId: number, bits: number, key: string, msg: string, tag: string, result: string];
describeVectors<HmacRow>('hmac-sha256-wycheproof', (all) => {
  it('agrees with 66 and differs from 108', () => {
    const fits = all.map(([, bits, key, message, tag]) => {
      return toHex(hmacSha256(fromHex(key), fromHex(message))).slice(0, bits / 4) === tag;
    });
    expect(fits).toEqual(all.map(([, , , , , result]) => result === 'valid'));
    expect(fits.filter(Boolean)).toHaveLength(66);
  });
});

type Pbkdf2Row = [
  hash: HashName,
  tcId: number,
  comment: string,
  password: string,
  salt: string,
  iterations: number,
  length: number,
  key: string,
];
describeVectors<Pbkdf2Row>('pbkdf2-wycheproof', (all) => {
  it('agrees with all', () => {
    for (const [hash, , , password, salt, iterations, lengthBytes, key] of all) {
      expect(toHex(pbkdf2(hash, { password: fromHex(password), salt: fromHex(salt), iterations, lengthBytes }))).toBe(
        key,
      );
    }
    expect.assertions(180);
  });
});

type HkdfRow = [tcId: number, ikm: string, salt: string, info: string, size: number, okm: string, result: string];
describeVectors<HkdfRow>('hkdf-sha256-wycheproof', (all) => {
  it('agrees with 82 and refuses 3', () => {
    const outcomes = all.map(([, ikm, salt, info, lengthBytes, okm]) => {
      try {
        return toHex(hkdfSha256({ key: fromHex(ikm), salt: fromHex(salt), info: fromHex(info), lengthBytes })) === okm;
      } catch (error) {
        return error instanceof CryptoError && error.code;
      }
    });
    expect(outcomes).toEqual(all.map(([, , , , , , result]) => (result === 'valid' ? true : 'LENGTH')));
    expect(outcomes.filter((outcome) => outcome === 'LENGTH')).toHaveLength(3);
  });
});

interface CounterVector {
  rBits: FieldBits;
  LBits?: FieldBits;
  ki: string;
  label?: string;
  context?: string;
  fixed?: string;
  ko: string;
}
describeVectors<CounterVector>('kdf-sp800-108-hmac-sha256-counter', (all) => {
  it('agrees with all', () => {
    for (const { rBits, LBits, ki, label, context, fixed, ko } of all) {
      const lengthBytes = ko.length / 2;
      const fixedInput =
        fixed === undefined
          ? counterKdfFixedInput({
              label: fromHex(label ?? ''),
              context: fromHex(context ?? ''),
              lengthBytes,
              ...(LBits === undefined ? {} : { lengthBits: LBits }),
            })
          : fromHex(fixed);
      expect(toHex(counterKdfHmacSha256({ key: fromHex(ki), fixedInput, lengthBytes, counterBits: rBits }))).toBe(ko);
    }
    expect.assertions(90);
  });
});

type GcmRow = [
  tcId: number,
  key: string,
  iv: string,
  aad: string,
  msg: string,
  ct: string,
  tag: string,
  result: string,
];
describeVectors<GcmRow>('gcm-aes256-wycheproof', (all) => {
  it('opens and seals 39, refuses 27', () => {
    const outcomes = all.map(([, keyHex, iv, aadHex, msg, ct, tag]) => {
      const [key, nonce, aad] = [createSecretKey(fromHex(keyHex)), fromHex(iv), fromHex(aadHex)];
      try {
        const opened = toHex(gcmOpen({ key, nonce, aad, sealed: fromHex(ct + tag) }));
        const sealed = toHex(gcmSeal({ key, nonce, aad, plaintext: fromHex(msg) }));
        return opened === msg && sealed === ct + tag;
      } catch (error) {
        return error instanceof CryptoError && error.code;
      }
    });
    expect(outcomes).toEqual(all.map(([, , , , , , , result]) => (result === 'valid' ? true : 'ENVELOPE_MISMATCH')));
    expect(outcomes.filter((outcome) => outcome === true)).toHaveLength(39);
  });
});

it('HMAC, HKDF and PBKDF2 agree with @noble/hashes, a second hand', () => {
  const filled = (length: number) => Uint8Array.from({ length }, (_, index) => (index * 89 + length) & 0xff);
  const [key, salt, info] = [filled(37), filled(20), filled(11)] as const;
  expect(toHex(hmacSha256(key, salt, info))).toBe(toHex(nobleHmac(sha256, key, Uint8Array.from([...salt, ...info]))));
  for (const lengthBytes of [1, 31, 32, 33, 200]) {
    expect(toHex(hkdfSha256({ key, salt, info, lengthBytes }))).toBe(
      toHex(nobleHkdf(sha256, key, salt, info, lengthBytes)),
    );
    expect(toHex(pbkdf2('sha256', { password: key, salt, iterations: 3, lengthBytes }))).toBe(
      toHex(noblePbkdf2(sha256, key, salt, { c: 3, dkLen: lengthBytes })),
    );
  }
});
