import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64, encodeBase64 } from '../src/locked/base64-bytes.js';
import { buildCryptoDictionary, parseCryptoDictionary } from '../src/locked/crypto-dictionary.js';

const KEY = Uint8Array.from({ length: 64 }, (_, index) => index * 4 + 3);
const BASE64 = Buffer.from(KEY).toString('base64').replaceAll('=', '%3d');
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (characters: string) => new TextEncoder().encode(characters);

describe('crypto dictionary', () => {
  it('is written as VMware writes it, the binding after the key', () => {
    const dictionary = buildCryptoDictionary(KEY, { unit: '512', disk: '52a1-b:c=d%' });
    expect(text(dictionary)).toBe(`type=key:cipher=XTS-AES-256:key=${BASE64}:unit=512:disk=52a1-b%3ac%3dd%25`);
  });

  it('fits a bare key into 128 bytes of ciphertext, as facts/vsphere-encryption.md section 4 counts', () => {
    expect(buildCryptoDictionary(KEY, {}).length).toBe(124);
  });

  it('reads what it wrote, for any key and any text', () => {
    const names = fc
      .stringMatching(/^[a-z][A-Za-z0-9._-]{0,20}$/)
      .filter((name) => !['type', 'cipher', 'key'].includes(name));
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 64, maxLength: 64 }),
        fc.dictionary(names, fc.string({ unit: 'grapheme' }), { noNullPrototype: true }),
        (key, binding) => {
          expect(parseCryptoDictionary(buildCryptoDictionary(key, binding))).toEqual({ key, binding });
        },
      ),
    );
  });

  it.each([
    ['nothing', ''],
    ['no key', 'type=key:cipher=XTS-AES-256'],
    ['another order', `cipher=XTS-AES-256:type=key:key=${BASE64}`],
    ['another type', `type=cat:cipher=XTS-AES-256:key=${BASE64}`],
    ['another cipher', `type=key:cipher=cipher_null:key=${BASE64}`],
    ['a short key', 'type=key:cipher=XTS-AES-256:key=AAAA'],
    ['no base64', `type=key:cipher=XTS-AES-256:key=${BASE64.replace('A', '*')}`],
    ['a field twice', `type=key:cipher=XTS-AES-256:key=${BASE64}:unit=512:unit=4096`],
    ['a field without a name', `type=key:cipher=XTS-AES-256:key=${BASE64}:=512`],
    ['a field without a value', `type=key:cipher=XTS-AES-256:key=${BASE64}:unit`],
    ['an upper-case escape', `type=key:cipher=XTS-AES-256:key=${BASE64}:unit=%3A`],
    ['a broken escape', `type=key:cipher=XTS-AES-256:key=${BASE64}:unit=%3`],
    ['bytes that are no UTF-8', `type=key:cipher=XTS-AES-256:key=${BASE64}:unit=%ff`],
  ])('refuses %s, without showing it', (_, dictionary) => {
    const attempt = () => parseCryptoDictionary(bytes(dictionary));
    expect(attempt).toThrow(expect.objectContaining({ code: 'LOCKED_DATA_MALFORMED' }));
    expect(attempt).toThrow(expect.not.objectContaining({ message: expect.stringContaining(BASE64.slice(0, 8)) }));
  });

  it('will not be built with a field that hides the key', () => {
    for (const name of ['key', 'type', 'a=b', '', '1st']) {
      expect(() => buildCryptoDictionary(KEY, { [name]: 'x' })).toThrow('cannot name a field');
    }
  });
});

describe('base64 in bytes', () => {
  it('writes what Node writes and reads it back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (plain) => {
        const encoded = encodeBase64(plain);
        expect(text(encoded)).toBe(Buffer.from(plain).toString('base64'));
        expect(decodeBase64(encoded)).toEqual(plain);
      }),
    );
  });

  it('knows exactly the 64 digits', () => {
    const taken = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) =>
      decodeBase64(Uint8Array.of(65, 65, 65, byte)),
    );
    const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=';
    expect(new Set(taken)).toEqual(new Set(bytes(digits)));
  });

  it.each(['A', 'AAA', 'AB==', 'AAB=', '====', 'A===', 'AA=A'])('refuses %s', (encoded) => {
    expect(decodeBase64(bytes(encoded))).toBeNull();
  });
});
