import { type Attribute, attributeCodec } from '../attributes/attribute.js';
import { KmipError } from '../errors.js';
import type { FieldReader } from '../message/field-reader.js';
import { asBytes, asEnumeration, asNumber, asStructure } from '../message/read-as.js';
import { asStructureOf, structureOf } from '../message/structure-codec.js';
import { fields, named } from '../message/write-fields.js';
import { CertificateType, type ObjectType, SecretDataType } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import type { Item } from '../ttlv/item.js';
import { bytes, enumeration, item, structure } from '../ttlv/values.js';
import { type KeyBlock, keyBlockCodec } from './key-block.js';

/** A managed object as Register brings and Get answers it (KMIP 1.1 section 2.2). Split keys are refused. */
export type ManagedObject =
  | { readonly objectType: 'SymmetricKey' | 'PublicKey' | 'PrivateKey'; readonly keyBlock: KeyBlock }
  | { readonly objectType: 'SecretData'; readonly secretDataType: SecretDataType; readonly keyBlock: KeyBlock }
  | { readonly objectType: 'OpaqueObject'; readonly opaqueDataType: number; readonly opaqueDataValue: Uint8Array }
  | {
      readonly objectType: 'Certificate';
      readonly certificateType: CertificateType;
      readonly certificateValue: Uint8Array;
    }
  | { readonly objectType: 'Template'; readonly attributes: readonly Attribute[] };

const keyBlock = structureOf(keyBlockCodec);
const asKeyBlock = asStructureOf(keyBlockCodec);

const keyTags = { SymmetricKey: Tag.SymmetricKey, PublicKey: Tag.PublicKey, PrivateKey: Tag.PrivateKey } as const;

/**
 * The object's own structure.
 *
 * ```
 * Symmetric Key 42008f, Public Key 42006d, Private Key 420064 { Key Block }
 * Secret Data 420085 { Secret Data Type 420086, Key Block }
 * Opaque Object 42005b { Opaque Data Type 420059, Opaque Data Value 42005a }
 * Certificate 420013 { Certificate Type 42001d, Certificate Value 42001e }
 * Template 420090 { Attribute* }
 * ```
 */
export function encodeObject(object: ManagedObject): Item {
  switch (object.objectType) {
    case 'SymmetricKey':
    case 'PublicKey':
    case 'PrivateKey':
      return item(keyTags[object.objectType], structure([item(Tag.KeyBlock, keyBlock(object.keyBlock))]));
    case 'SecretData':
      return item(
        Tag.SecretData,
        structure([
          item(Tag.SecretDataType, named(SecretDataType)(object.secretDataType)),
          item(Tag.KeyBlock, keyBlock(object.keyBlock)),
        ]),
      );
    case 'OpaqueObject':
      return item(
        Tag.OpaqueObject,
        structure([
          item(Tag.OpaqueDataType, enumeration(object.opaqueDataType)),
          item(Tag.OpaqueDataValue, bytes(object.opaqueDataValue)),
        ]),
      );
    case 'Certificate':
      return item(
        Tag.Certificate,
        structure([
          item(Tag.CertificateType, named(CertificateType)(object.certificateType)),
          item(Tag.CertificateValue, bytes(object.certificateValue)),
        ]),
      );
    case 'Template':
      return item(Tag.Template, structure(fields(Tag.Attribute, object.attributes, structureOf(attributeCodec))));
  }
}

/**
 * Reads the object structure that follows an Object Type.
 *
 * @throws KmipError INVALID MESSAGE when another structure stands there, INVALID FIELD for a split key or a PGP key
 */
export function decodeObject(objectType: ObjectType, reader: FieldReader): ManagedObject {
  switch (objectType) {
    case 'SymmetricKey':
    case 'PublicKey':
    case 'PrivateKey':
      return reader.required(
        keyTags[objectType],
        asStructure((key) => ({ objectType, keyBlock: key.required(Tag.KeyBlock, asKeyBlock) })),
      );
    case 'SecretData':
      return reader.required(
        Tag.SecretData,
        asStructure((secret) => ({
          objectType,
          secretDataType: secret.required(Tag.SecretDataType, asEnumeration(SecretDataType)),
          keyBlock: secret.required(Tag.KeyBlock, asKeyBlock),
        })),
      );
    case 'OpaqueObject':
      return reader.required(
        Tag.OpaqueObject,
        asStructure((opaque) => ({
          objectType,
          opaqueDataType: opaque.required(Tag.OpaqueDataType, asNumber),
          opaqueDataValue: opaque.required(Tag.OpaqueDataValue, asBytes),
        })),
      );
    case 'Certificate':
      return reader.required(
        Tag.Certificate,
        asStructure((certificate) => ({
          objectType,
          certificateType: certificate.required(Tag.CertificateType, asEnumeration(CertificateType)),
          certificateValue: certificate.required(Tag.CertificateValue, asBytes),
        })),
      );
    case 'Template':
      return reader.required(
        Tag.Template,
        asStructure((template) => ({
          objectType,
          attributes: template.all(Tag.Attribute, asStructureOf(attributeCodec)),
        })),
      );
    case 'SplitKey':
    case 'PGPKey':
      throw new KmipError('InvalidField', `Object Type ${objectType} is not served`);
  }
}
