import { type Attribute, asName, attributeCodec } from '../attributes/attribute.js';
import { asText } from '../message/read-as.js';
import { asStructureOf, structureOf } from '../message/structure-codec.js';
import { field, fields } from '../message/write-fields.js';
import { Tag } from '../spec/tags.generated.js';
import { item, text } from '../ttlv/values.js';
import type { OperationCodec } from './operation-codec.js';

/** Get Attributes (KMIP 1.1 section 4.12). */
export interface GetAttributesRequest {
  readonly uniqueIdentifier?: string | undefined;
  /** None asks for all. */
  readonly attributeNames: readonly string[];
}

/** What the object has of them; an attribute that it lacks is simply missing. */
export interface GetAttributesResponse {
  readonly uniqueIdentifier: string;
  readonly attributes: readonly Attribute[];
}

/**
 * ```
 * request  { Unique Identifier? 420094, Attribute Name* 42000a }
 * response { Unique Identifier 420094, Attribute* 420008 }
 * ```
 */
export const getAttributesCodec: OperationCodec<GetAttributesRequest, GetAttributesResponse> = {
  request: {
    encode: (request) => [
      ...field(Tag.UniqueIdentifier, request.uniqueIdentifier, text),
      ...fields(Tag.AttributeName, request.attributeNames, text),
    ],
    decode: (reader) => ({
      uniqueIdentifier: reader.optional(Tag.UniqueIdentifier, asText),
      attributeNames: reader.all(Tag.AttributeName, asName),
    }),
  },
  response: {
    encode: (response) => [
      item(Tag.UniqueIdentifier, text(response.uniqueIdentifier)),
      ...fields(Tag.Attribute, response.attributes, structureOf(attributeCodec)),
    ],
    decode: (reader) => ({
      uniqueIdentifier: reader.required(Tag.UniqueIdentifier, asText),
      attributes: reader.all(Tag.Attribute, asStructureOf(attributeCodec)),
    }),
  },
};
