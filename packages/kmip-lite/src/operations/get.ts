import { asEnumeration, asText } from '../message/read-as.js';
import { asStructureOf, structureOf } from '../message/structure-codec.js';
import { field, named } from '../message/write-fields.js';
import { type KeyWrappingSpecification, keyWrappingSpecificationCodec } from '../objects/key-wrapping.js';
import { decodeObject, encodeObject, type ManagedObject } from '../objects/managed-object.js';
import { KeyCompressionType, KeyFormatType, KeyWrapType, ObjectType } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import { item, text } from '../ttlv/values.js';
import type { OperationCodec } from './operation-codec.js';

/** Get (KMIP 1.1 section 4.11): the object itself. */
export interface GetRequest {
  readonly uniqueIdentifier?: string | undefined;
  readonly keyFormatType?: KeyFormatType | undefined;
  /** Since 1.4: in clear, or as it was registered. */
  readonly keyWrapType?: KeyWrapType | undefined;
  readonly keyCompressionType?: KeyCompressionType | undefined;
  readonly keyWrappingSpecification?: KeyWrappingSpecification | undefined;
}

/** The object. On a server key material is handed over: it is zeroed once the answer is encoded. */
export interface GetResponse {
  readonly uniqueIdentifier: string;
  readonly object: ManagedObject;
}

/**
 * ```
 * request  { Unique Identifier? 420094, Key Format Type? 420042, Key Wrap Type? 4200f8 (1.4),
 *   Key Compression Type? 420041,
 *   Key Wrapping Specification? 420047 }
 * response { Object Type 420057, Unique Identifier 420094, the object }
 * ```
 */
export const getCodec: OperationCodec<GetRequest, GetResponse> = {
  request: {
    encode: (request) => [
      ...field(Tag.UniqueIdentifier, request.uniqueIdentifier, text),
      ...field(Tag.KeyFormatType, request.keyFormatType, named(KeyFormatType)),
      ...field(Tag.KeyWrapType, request.keyWrapType, named(KeyWrapType)),
      ...field(Tag.KeyCompressionType, request.keyCompressionType, named(KeyCompressionType)),
      ...field(
        Tag.KeyWrappingSpecification,
        request.keyWrappingSpecification,
        structureOf(keyWrappingSpecificationCodec),
      ),
    ],
    decode: (reader) => ({
      uniqueIdentifier: reader.optional(Tag.UniqueIdentifier, asText),
      keyFormatType: reader.optional(Tag.KeyFormatType, asEnumeration(KeyFormatType)),
      keyWrapType: reader.optional(Tag.KeyWrapType, asEnumeration(KeyWrapType)),
      keyCompressionType: reader.optional(Tag.KeyCompressionType, asEnumeration(KeyCompressionType)),
      keyWrappingSpecification: reader.optional(
        Tag.KeyWrappingSpecification,
        asStructureOf(keyWrappingSpecificationCodec),
      ),
    }),
  },
  response: {
    encode: ({ uniqueIdentifier, object }) => [
      item(Tag.ObjectType, named(ObjectType)(object.objectType)),
      item(Tag.UniqueIdentifier, text(uniqueIdentifier)),
      encodeObject(object),
    ],
    decode: (reader) => {
      const objectType = reader.required(Tag.ObjectType, asEnumeration(ObjectType));
      const uniqueIdentifier = reader.required(Tag.UniqueIdentifier, asText);
      return { uniqueIdentifier, object: decodeObject(objectType, reader) };
    },
  },
};
