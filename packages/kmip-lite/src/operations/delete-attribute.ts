import { asIndex, asName } from '../attributes/attribute.js';
import { asText } from '../message/read-as.js';
import { field } from '../message/write-fields.js';
import { Tag } from '../spec/tags.generated.js';
import { integer, item, text } from '../ttlv/values.js';
import { type AddAttributeResponse, addAttributeCodec } from './add-attribute.js';
import type { OperationCodec } from './operation-codec.js';

/** Delete Attribute (KMIP 1.1 section 4.16). */
export interface DeleteAttributeRequest {
  readonly uniqueIdentifier?: string | undefined;
  readonly attributeName: string;
  /** Which of several instances; 0 if missing. */
  readonly attributeIndex?: number | undefined;
}

/** The attribute that was deleted. */
export type DeleteAttributeResponse = AddAttributeResponse;

/**
 * ```
 * request  { Unique Identifier? 420094, Attribute Name 42000a, Attribute Index? 420009 }
 * response { Unique Identifier 420094, Attribute 420008 }
 * ```
 */
export const deleteAttributeCodec: OperationCodec<DeleteAttributeRequest, DeleteAttributeResponse> = {
  request: {
    encode: (request) => [
      ...field(Tag.UniqueIdentifier, request.uniqueIdentifier, text),
      item(Tag.AttributeName, text(request.attributeName)),
      ...field(Tag.AttributeIndex, request.attributeIndex, integer),
    ],
    decode: (reader) => ({
      uniqueIdentifier: reader.optional(Tag.UniqueIdentifier, asText),
      attributeName: reader.required(Tag.AttributeName, asName),
      attributeIndex: reader.optional(Tag.AttributeIndex, asIndex),
    }),
  },
  response: addAttributeCodec.response,
};
