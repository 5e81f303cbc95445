import { type Attribute, attributeCodec } from '../attributes/attribute.js';
import { KmipError } from '../errors.js';
import type { ReadAs } from '../message/field-reader.js';
import { KMIP_1_4 } from '../message/protocol-version.js';
import { asBytes, asEnumeration, asInteger, asStructure } from '../message/read-as.js';
import { asStructureOf, type StructureCodec, structureOf } from '../message/structure-codec.js';
import { field, fields, named } from '../message/write-fields.js';
import { CryptographicAlgorithm, KeyCompressionType, KeyFormatType } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import type { Item, Value } from '../ttlv/item.js';
import { decodeTtlv } from '../ttlv/reader.js';
import { bytes, integer, item, structure } from '../ttlv/values.js';
import { encodeTtlv } from '../ttlv/writer.js';
import { type KeyWrappingData, keyWrappingDataCodec } from './key-wrapping.js';

/** Key material in clear or under a wrapping key without encoding, with attributes that travel inside. */
export interface KeyValue {
  /** Bytes (Raw, Opaque, PKCS#1, PKCS#8, X.509, ECPrivateKey), or the fields of a transparent key. */
  readonly keyMaterial: Uint8Array | readonly Item[];
  readonly attributes?: readonly Attribute[] | undefined;
}

/** A key and how to read it (KMIP 1.1 section 2.1.3). Byte arrays are views of the frame. */
export interface KeyBlock {
  readonly keyFormatType: KeyFormatType;
  readonly keyCompressionType?: KeyCompressionType | undefined;
  /** Bytes when the whole Key Value was encoded as TTLV and then wrapped. */
  readonly keyValue: KeyValue | Uint8Array;
  /** Always there for keys, absent for Secret Data. */
  readonly cryptographicAlgorithm?: CryptographicAlgorithm | undefined;
  /** Bits. */
  readonly cryptographicLength?: number | undefined;
  readonly keyWrappingData?: KeyWrappingData | undefined;
}

/** `Key Value { Key Material Byte String or Structure, Attribute* }`: what TTLV Encoding wraps as a whole. */
export const keyValueCodec: StructureCodec<KeyValue> = {
  encode: ({ keyMaterial, attributes }) => [
    item(Tag.KeyMaterial, keyMaterial instanceof Uint8Array ? bytes(keyMaterial) : structure(keyMaterial)),
    ...fields(Tag.Attribute, attributes, structureOf(attributeCodec)),
  ],
  decode: (reader) => ({
    keyMaterial: reader.required(Tag.KeyMaterial, asKeyMaterial),
    attributes: reader.all(Tag.Attribute, asStructureOf(attributeCodec)),
  }),
};

const asKeyMaterial: ReadAs<Uint8Array | readonly Item[]> = (material) => {
  if (material.type === 'ByteString') return material.bytes;
  if (material.type === 'Structure') return material.items;
  throw new KmipError('InvalidMessage', `KeyMaterial must be of type ByteString or Structure, not ${material.type}`);
};

const asKeyValue: ReadAs<KeyValue | Uint8Array> = (value, version) =>
  value.type === 'ByteString'
    ? asBytes(value, version)
    : asStructure((reader) => keyValueCodec.decode(reader))(value, version);

const keyValue = (value: KeyValue | Uint8Array): Value =>
  value instanceof Uint8Array ? bytes(value) : structure(keyValueCodec.encode(value));

/**
 * ```
 * Key Block 420040 { Key Format Type 420042, Key Compression Type? 420041,
 *   Key Value 420045 { Key Material 420043, Attribute* } or Byte String,
 *   Cryptographic Algorithm? 420028, Cryptographic Length? 42002a, Key Wrapping Data? 420046 }
 * ```
 */
export const keyBlockCodec: StructureCodec<KeyBlock> = {
  encode: (block) => [
    item(Tag.KeyFormatType, named(KeyFormatType)(block.keyFormatType)),
    ...field(Tag.KeyCompressionType, block.keyCompressionType, named(KeyCompressionType)),
    item(Tag.KeyValue, keyValue(block.keyValue)),
    ...field(Tag.CryptographicAlgorithm, block.cryptographicAlgorithm, named(CryptographicAlgorithm)),
    ...field(Tag.CryptographicLength, block.cryptographicLength, integer),
    ...field(Tag.KeyWrappingData, block.keyWrappingData, structureOf(keyWrappingDataCodec)),
  ],
  decode: (reader) => ({
    keyFormatType: reader.required(Tag.KeyFormatType, asEnumeration(KeyFormatType)),
    keyCompressionType: reader.optional(Tag.KeyCompressionType, asEnumeration(KeyCompressionType)),
    keyValue: reader.required(Tag.KeyValue, asKeyValue),
    cryptographicAlgorithm: reader.optional(Tag.CryptographicAlgorithm, asEnumeration(CryptographicAlgorithm)),
    cryptographicLength: reader.optional(Tag.CryptographicLength, asInteger),
    keyWrappingData: reader.optional(Tag.KeyWrappingData, asStructureOf(keyWrappingDataCodec)),
  }),
};

/**
 * The bytes that TTLV Encoding wraps: a Key Value structure, whole (KMIP 1.1 section 2.1.6). The caller zeroes them.
 */
export function encodeKeyValue(value: KeyValue): Uint8Array {
  return encodeTtlv(item(Tag.KeyValue, structure(keyValueCodec.encode(value))));
}

/**
 * Reads what {@link encodeKeyValue} wrote, after unwrapping. The key material is a view of `encoded`.
 *
 * @throws TtlvError or KmipError when it is no Key Value
 */
export function decodeKeyValue(encoded: Uint8Array): KeyValue {
  const value = decodeTtlv(encoded);
  if (value.tag !== Tag.KeyValue) throw new KmipError('InvalidMessage', 'the wrapped bytes are not a Key Value');
  return asStructureOf(keyValueCodec)(value, KMIP_1_4);
}
