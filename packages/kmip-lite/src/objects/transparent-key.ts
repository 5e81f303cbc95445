import { KmipError } from '../errors.js';
import { FieldReader } from '../message/field-reader.js';
import { KMIP_1_4 } from '../message/protocol-version.js';
import { asBigInteger, asBytes, asEnumeration } from '../message/read-as.js';
import type { StructureCodec } from '../message/structure-codec.js';
import { field, named } from '../message/write-fields.js';
import { type KeyFormatType, RecommendedCurve } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import type { Item } from '../ttlv/item.js';
import { bigInteger, bytes, item } from '../ttlv/values.js';

// Numbers are big-endian two's complement, filled up at the left to a multiple of 8 bytes, as the wire has them: views.

/** Key material of the format Transparent Symmetric Key (KMIP 1.1 section 2.1.7.1). */
export interface TransparentSymmetricKey {
  readonly format: 'TransparentSymmetricKey';
  readonly key: Uint8Array;
}

/** Key material of the format Transparent RSA Private Key (section 2.1.7.4). */
export interface TransparentRsaPrivateKey {
  readonly format: 'TransparentRSAPrivateKey';
  readonly modulus: Uint8Array;
  readonly privateExponent?: Uint8Array | undefined;
  readonly publicExponent?: Uint8Array | undefined;
  readonly p?: Uint8Array | undefined;
  readonly q?: Uint8Array | undefined;
  readonly primeExponentP?: Uint8Array | undefined;
  readonly primeExponentQ?: Uint8Array | undefined;
  readonly crtCoefficient?: Uint8Array | undefined;
}

/** Key material of the format Transparent RSA Public Key (section 2.1.7.5). */
export interface TransparentRsaPublicKey {
  readonly format: 'TransparentRSAPublicKey';
  readonly modulus: Uint8Array;
  readonly publicExponent: Uint8Array;
}

/** Key material of the format Transparent ECDSA Private Key (section 2.1.7.8). */
export interface TransparentEcPrivateKey {
  readonly format: 'TransparentECDSAPrivateKey';
  readonly recommendedCurve: RecommendedCurve;
  readonly d: Uint8Array;
}

/** Key material of the format Transparent ECDSA Public Key (section 2.1.7.9): an uncompressed or compressed point. */
export interface TransparentEcPublicKey {
  readonly format: 'TransparentECDSAPublicKey';
  readonly recommendedCurve: RecommendedCurve;
  readonly qString: Uint8Array;
}

/** Key material that is told field by field. DSA, DH, ECDH and ECMQV are not read. */
export type TransparentKey =
  | TransparentSymmetricKey
  | TransparentRsaPrivateKey
  | TransparentRsaPublicKey
  | TransparentEcPrivateKey
  | TransparentEcPublicKey;

type CodecsByFormat = { readonly [Key in TransparentKey as Key['format']]: StructureCodec<Key> };

/**
 * ```
 * symmetric   { Key Byte String }
 * RSA private { Modulus, Private Exponent?, Public Exponent?, P?, Q?, Prime Exponent P?, Prime Exponent Q?,
 *               CRT Coefficient? }, all Big Integer
 * RSA public  { Modulus, Public Exponent }, both Big Integer
 * EC private  { Recommended Curve Enumeration, D Big Integer }
 * EC public   { Recommended Curve Enumeration, Q String Byte String }
 * ```
 */
const codecs: CodecsByFormat = {
  TransparentSymmetricKey: {
    encode: ({ key }) => [item(Tag.Key, bytes(key))],
    decode: (reader) => ({ format: 'TransparentSymmetricKey', key: reader.required(Tag.Key, asBytes) }),
  },
  TransparentRSAPrivateKey: {
    encode: (rsa) => [
      item(Tag.Modulus, bigInteger(rsa.modulus)),
      ...field(Tag.PrivateExponent, rsa.privateExponent, bigInteger),
      ...field(Tag.PublicExponent, rsa.publicExponent, bigInteger),
      ...field(Tag.P, rsa.p, bigInteger),
      ...field(Tag.Q, rsa.q, bigInteger),
      ...field(Tag.PrimeExponentP, rsa.primeExponentP, bigInteger),
      ...field(Tag.PrimeExponentQ, rsa.primeExponentQ, bigInteger),
      ...field(Tag.CRTCoefficient, rsa.crtCoefficient, bigInteger),
    ],
    decode: (reader) => ({
      format: 'TransparentRSAPrivateKey',
      modulus: reader.required(Tag.Modulus, asBigInteger),
      privateExponent: reader.optional(Tag.PrivateExponent, asBigInteger),
      publicExponent: reader.optional(Tag.PublicExponent, asBigInteger),
      p: reader.optional(Tag.P, asBigInteger),
      q: reader.optional(Tag.Q, asBigInteger),
      primeExponentP: reader.optional(Tag.PrimeExponentP, asBigInteger),
      primeExponentQ: reader.optional(Tag.PrimeExponentQ, asBigInteger),
      crtCoefficient: reader.optional(Tag.CRTCoefficient, asBigInteger),
    }),
  },
  TransparentRSAPublicKey: {
    encode: (rsa) => [
      item(Tag.Modulus, bigInteger(rsa.modulus)),
      item(Tag.PublicExponent, bigInteger(rsa.publicExponent)),
    ],
    decode: (reader) => ({
      format: 'TransparentRSAPublicKey',
      modulus: reader.required(Tag.Modulus, asBigInteger),
      publicExponent: reader.required(Tag.PublicExponent, asBigInteger),
    }),
  },
  TransparentECDSAPrivateKey: {
    encode: (ec) => [
      item(Tag.RecommendedCurve, named(RecommendedCurve)(ec.recommendedCurve)),
      item(Tag.D, bigInteger(ec.d)),
    ],
    decode: (reader) => ({
      format: 'TransparentECDSAPrivateKey',
      recommendedCurve: reader.required(Tag.RecommendedCurve, asEnumeration(RecommendedCurve)),
      d: reader.required(Tag.D, asBigInteger),
    }),
  },
  TransparentECDSAPublicKey: {
    encode: (ec) => [
      item(Tag.RecommendedCurve, named(RecommendedCurve)(ec.recommendedCurve)),
      item(Tag.QString, bytes(ec.qString)),
    ],
    decode: (reader) => ({
      format: 'TransparentECDSAPublicKey',
      recommendedCurve: reader.required(Tag.RecommendedCurve, asEnumeration(RecommendedCurve)),
      qString: reader.required(Tag.QString, asBytes),
    }),
  },
};

/** Fields of a transparent key, for a Key Value. */
export function encodeTransparentKey(key: TransparentKey): Item[] {
  return (codecs[key.format] as StructureCodec<TransparentKey>).encode(key);
}

/**
 * Reads the fields of a transparent key; byte arrays are views.
 *
 * @param material what a Key Value of that format holds
 * @throws KmipError KEY FORMAT TYPE NOT SUPPORTED for a format that is not read here; INVALID MESSAGE for wrong fields
 */
export function decodeTransparentKey(format: KeyFormatType, material: readonly Item[]): TransparentKey {
  if (!isRead(format)) throw new KmipError('KeyFormatTypeNotSupported', `${format} is not supported`);
  const reader = new FieldReader(material, `the key material of ${format}`, KMIP_1_4);
  const key = codecs[format].decode(reader);
  reader.end();
  return key;
}

function isRead(format: KeyFormatType): format is TransparentKey['format'] {
  return Object.hasOwn(codecs, format);
}
