import { asName } from '../attributes/attribute.js';
import { asText } from '../message/read-as.js';
import { fields } from '../message/write-fields.js';
import { Tag } from '../spec/tags.generated.js';
import { item, text } from '../ttlv/values.js';
import { type IdentifiedRequest, identifiedRequestCodec } from './identified-object.js';
import type { OperationCodec } from './operation-codec.js';

/** Get Attribute List (KMIP 1.1 section 4.13). */
export type GetAttributeListRequest = IdentifiedRequest;

/** Names of the attributes that the object has, each once. */
export interface GetAttributeListResponse {
  readonly uniqueIdentifier: string;
  readonly attributeNames: readonly string[];
}

/** `{ Unique Identifier? }`, answered with `{ Unique Identifier 420094, Attribute Name* 42000a }`. */
export const getAttributeListCodec: OperationCodec<GetAttributeListRequest, GetAttributeListResponse> = {
  request: identifiedRequestCodec,
  response: {
    encode: (response) => [
      item(Tag.UniqueIdentifier, text(response.uniqueIdentifier)),
      ...fields(Tag.AttributeName, response.attributeNames, text),
    ],
    decode: (reader) => ({
      uniqueIdentifier: reader.required(Tag.UniqueIdentifier, asText),
      attributeNames: reader.all(Tag.AttributeName, asName),
    }),
  },
};
