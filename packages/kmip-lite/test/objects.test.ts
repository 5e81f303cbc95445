import {
  decodeKeyValue,
  decodeTransparentKey,
  decodeTtlv,
  encodeKeyValue,
  encodeTransparentKey,
  encodeTtlv,
  item,
  KmipError,
  structure,
  Tag,
  type TransparentKey,
  textAttribute,
  unsupportedOperations,
} from '@vcryptsim/kmip-lite';
import { describe, expect, it } from 'vitest';
import { FieldReader } from '../src/message/field-reader.js';
import { decodeObject } from '../src/objects/managed-object.js';
import { isSpoken } from '../src/operations/operation-codecs.js';
import { Operation } from '../src/spec/enumerations.generated.js';
import { fromHex, toHex } from './support/hex.js';

const number = new Uint8Array(16).fill(3);
const keys: TransparentKey[] = [
  { format: 'TransparentSymmetricKey', key: new Uint8Array(16).fill(9) },
  { format: 'TransparentRSAPrivateKey', modulus: number, privateExponent: number, crtCoefficient: number },
  { format: 'TransparentRSAPublicKey', modulus: number, publicExponent: number },
  { format: 'TransparentECDSAPrivateKey', recommendedCurve: 'P256', d: number },
  { format: 'TransparentECDSAPublicKey', recommendedCurve: 'P256', qString: new Uint8Array(65) },
];

describe('key material', () => {
  it.each(keys)('told field by field goes both ways: $format', (key) => {
    const wire = decodeTtlv(encodeTtlv(item(Tag.KeyMaterial, structure(encodeTransparentKey(key)))));
    if (wire.type !== 'Structure') throw new Error('key material is a structure');
    expect(decodeTransparentKey(key.format, wire.items)).toEqual(key);
  });

  it('of another format is refused by name', () => {
    expect(() => decodeTransparentKey('TransparentDHPrivateKey', [])).toThrow(
      new KmipError('KeyFormatTypeNotSupported', 'TransparentDHPrivateKey is not supported'),
    );
    expect(() => decodeTransparentKey('TransparentRSAPublicKey', [])).toThrow('Modulus is missing');
  });

  it('is wrapped under TTLV Encoding as a whole Key Value, attributes included', () => {
    const value = { keyMaterial: fromHex('00112233445566778899aabbccddeeff'), attributes: [textAttribute('x-A', 'b')] };
    const encoded = encodeKeyValue(value);
    expect(toHex(encoded)).toMatch(/^42004501000000\w\w4200430800000010 ?00112233445566778899aabbccddeeff420008/);
    expect(decodeKeyValue(encoded)).toEqual(value);
    expect(() => decodeKeyValue(encodeTtlv(item(Tag.KeyMaterial, structure([]))))).toThrow('not a Key Value');
  });
});

describe('what is not spoken', () => {
  it('is every other operation of KMIP 1.0 to 1.4, each with a reason', () => {
    const missing = Object.keys(Operation).filter((name) => !isSpoken(name));
    expect(Object.keys(unsupportedOperations).sort()).toEqual(missing.sort());
    for (const reason of Object.values(unsupportedOperations)) expect(reason.length).toBeGreaterThan(20);
  });

  it.each([
    ['SplitKey', Tag.SplitKey],
    ['PGPKey', Tag.PGPKey],
  ] as const)('and %s', (objectType, tag) => {
    const reader = new FieldReader([item(tag, structure([]))], 'Register', { major: 1, minor: 2 });
    const refusal = new KmipError('InvalidField', `Object Type ${objectType} is not served`);
    expect(() => decodeObject(objectType, reader)).toThrow(refusal);
  });
});
