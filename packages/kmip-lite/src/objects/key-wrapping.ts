import { type CryptographicParameters, cryptographicParametersCodec } from '../attributes/cryptographic-parameters.js';
import { asBytes, asEnumeration, asText } from '../message/read-as.js';
import { asStructureOf, type StructureCodec, structureOf } from '../message/structure-codec.js';
import { field, fields, named } from '../message/write-fields.js';
import { EncodingOption, WrappingMethod } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import { bytes, item, text } from '../ttlv/values.js';

/** Which key wraps or signs, and how (KMIP 1.1 section 2.1.5). */
export interface WrappingKeyInformation {
  readonly uniqueIdentifier: string;
  readonly cryptographicParameters?: CryptographicParameters | undefined;
}

/** How Get shall wrap the key it answers with (KMIP 1.1 section 2.1.6). */
export interface KeyWrappingSpecification {
  readonly wrappingMethod: WrappingMethod;
  readonly encryptionKeyInformation?: WrappingKeyInformation | undefined;
  readonly macSignatureKeyInformation?: WrappingKeyInformation | undefined;
  /** Attributes to wrap together with the key. */
  readonly attributeNames?: readonly string[] | undefined;
  /** Since 1.1; TTLV Encoding if it is missing. */
  readonly encodingOption?: EncodingOption | undefined;
}

/** How a key was wrapped (KMIP 1.1 section 2.1.5). */
export interface KeyWrappingData {
  readonly wrappingMethod: WrappingMethod;
  readonly encryptionKeyInformation?: WrappingKeyInformation | undefined;
  readonly macSignatureKeyInformation?: WrappingKeyInformation | undefined;
  readonly macSignature?: Uint8Array | undefined;
  readonly ivCounterNonce?: Uint8Array | undefined;
  readonly encodingOption?: EncodingOption | undefined;
}

/** `{ Unique Identifier Text, Cryptographic Parameters? }`. */
const wrappingKeyInformationCodec: StructureCodec<WrappingKeyInformation> = {
  encode: (information) => [
    item(Tag.UniqueIdentifier, text(information.uniqueIdentifier)),
    ...field(
      Tag.CryptographicParameters,
      information.cryptographicParameters,
      structureOf(cryptographicParametersCodec),
    ),
  ],
  decode: (reader) => ({
    uniqueIdentifier: reader.required(Tag.UniqueIdentifier, asText),
    cryptographicParameters: reader.optional(Tag.CryptographicParameters, asStructureOf(cryptographicParametersCodec)),
  }),
};
const keyInformation = structureOf(wrappingKeyInformationCodec);
const asKeyInformation = asStructureOf(wrappingKeyInformationCodec);

/**
 * ```
 * Key Wrapping Specification 420047 { Wrapping Method 42009e, Encryption Key Information? 420036,
 *   MAC/Signature Key Information? 42004e, Attribute Name* 42000a, Encoding Option? 4200a3 (1.1) }
 * ```
 */
export const keyWrappingSpecificationCodec: StructureCodec<KeyWrappingSpecification> = {
  encode: (specification) => [
    item(Tag.WrappingMethod, named(WrappingMethod)(specification.wrappingMethod)),
    ...field(Tag.EncryptionKeyInformation, specification.encryptionKeyInformation, keyInformation),
    ...field(Tag.MACSignatureKeyInformation, specification.macSignatureKeyInformation, keyInformation),
    ...fields(Tag.AttributeName, specification.attributeNames, text),
    ...field(Tag.EncodingOption, specification.encodingOption, named(EncodingOption)),
  ],
  decode: (reader) => ({
    wrappingMethod: reader.required(Tag.WrappingMethod, asEnumeration(WrappingMethod)),
    encryptionKeyInformation: reader.optional(Tag.EncryptionKeyInformation, asKeyInformation),
    macSignatureKeyInformation: reader.optional(Tag.MACSignatureKeyInformation, asKeyInformation),
    attributeNames: reader.all(Tag.AttributeName, asText),
    encodingOption: reader.optional(Tag.EncodingOption, asEnumeration(EncodingOption)),
  }),
};

/**
 * ```
 * Key Wrapping Data 420046 { Wrapping Method 42009e, Encryption Key Information? 420036, MAC/Signature Key Information?
 *   42004e, MAC/Signature? 42004d, IV/Counter/Nonce? 42003d, Encoding Option? 4200a3 (1.1) }
 * ```
 */
export const keyWrappingDataCodec: StructureCodec<KeyWrappingData> = {
  encode: (data) => [
    item(Tag.WrappingMethod, named(WrappingMethod)(data.wrappingMethod)),
    ...field(Tag.EncryptionKeyInformation, data.encryptionKeyInformation, keyInformation),
    ...field(Tag.MACSignatureKeyInformation, data.macSignatureKeyInformation, keyInformation),
    ...field(Tag.MACSignature, data.macSignature, bytes),
    ...field(Tag.IVCounterNonce, data.ivCounterNonce, bytes),
    ...field(Tag.EncodingOption, data.encodingOption, named(EncodingOption)),
  ],
  decode: (reader) => ({
    wrappingMethod: reader.required(Tag.WrappingMethod, asEnumeration(WrappingMethod)),
    encryptionKeyInformation: reader.optional(Tag.EncryptionKeyInformation, asKeyInformation),
    macSignatureKeyInformation: reader.optional(Tag.MACSignatureKeyInformation, asKeyInformation),
    macSignature: reader.optional(Tag.MACSignature, asBytes),
    ivCounterNonce: reader.optional(Tag.IVCounterNonce, asBytes),
    encodingOption: reader.optional(Tag.EncodingOption, asEnumeration(EncodingOption)),
  }),
};
