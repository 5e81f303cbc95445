import { type Attribute, attributeCodec } from '../attributes/attribute.js';
import { asText } from '../message/read-as.js';
import { asStructureOf, structureOf } from '../message/structure-codec.js';
import { field } from '../message/write-fields.js';
import { Tag } from '../spec/tags.generated.js';
import { item, text } from '../ttlv/values.js';
import type { OperationCodec } from './operation-codec.js';

/** Add Attribute (KMIP 1.1 section 4.14). */
export interface AddAttributeRequest {
  readonly uniqueIdentifier?: string | undefined;
  /** Without an index: the server gives it. */
  readonly attribute: Attribute;
}

/** The attribute as it was added, with its index if that is above 0. */
export interface AddAttributeResponse {
  readonly uniqueIdentifier: string;
  readonly attribute: Attribute;
}

/** Both ways: `{ Unique Identifier 420094 (optional in the request), Attribute 420008 }`. */
export const addAttributeCodec: OperationCodec<AddAttributeRequest, AddAttributeResponse> = {
  request: {
    encode: (request) => [
      ...field(Tag.UniqueIdentifier, request.uniqueIdentifier, text),
      item(Tag.Attribute, structureOf(attributeCodec)(request.attribute)),
    ],
    decode: (reader) => ({
      uniqueIdentifier: reader.optional(Tag.UniqueIdentifier, asText),
      attribute: reader.required(Tag.Attribute, asStructureOf(attributeCodec)),
    }),
  },
  response: {
    encode: (response) => [
      item(Tag.UniqueIdentifier, text(response.uniqueIdentifier)),
      item(Tag.Attribute, structureOf(attributeCodec)(response.attribute)),
    ],
    decode: (reader) => ({
      uniqueIdentifier: reader.required(Tag.UniqueIdentifier, asText),
      attribute: reader.required(Tag.Attribute, asStructureOf(attributeCodec)),
    }),
  },
};
