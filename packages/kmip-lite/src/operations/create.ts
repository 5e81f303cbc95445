import { type TemplateAttribute, templateAttributeCodec } from '../attributes/template-attribute.js';
import { asEnumeration, asText } from '../message/read-as.js';
import { asStructureOf, structureOf } from '../message/structure-codec.js';
import { field, named } from '../message/write-fields.js';
import { ObjectType } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import { item, text } from '../ttlv/values.js';
import type { OperationCodec } from './operation-codec.js';

/** Create (KMIP 1.1 section 4.1): the server makes a symmetric key. */
export interface CreateRequest {
  readonly objectType: ObjectType;
  /** Needs Cryptographic Algorithm and Cryptographic Usage Mask; Cryptographic Length should be there. */
  readonly templateAttribute: TemplateAttribute;
}

/** The new key's identifier. */
export interface CreateResponse {
  readonly objectType: ObjectType;
  readonly uniqueIdentifier: string;
  /** Attributes that the server added; most servers leave it out. */
  readonly templateAttribute?: TemplateAttribute | undefined;
}

/**
 * ```
 * request  { Object Type 420057, Template-Attribute 420091 }
 * response { Object Type 420057, Unique Identifier 420094, Template-Attribute? 420091 }
 * ```
 */
export const createCodec: OperationCodec<CreateRequest, CreateResponse> = {
  request: {
    encode: (request) => [
      item(Tag.ObjectType, named(ObjectType)(request.objectType)),
      item(Tag.TemplateAttribute, structureOf(templateAttributeCodec)(request.templateAttribute)),
    ],
    decode: (reader) => ({
      objectType: reader.required(Tag.ObjectType, asEnumeration(ObjectType)),
      templateAttribute: reader.required(Tag.TemplateAttribute, asStructureOf(templateAttributeCodec)),
    }),
  },
  response: {
    encode: (response) => [
      item(Tag.ObjectType, named(ObjectType)(response.objectType)),
      item(Tag.UniqueIdentifier, text(response.uniqueIdentifier)),
      ...field(Tag.TemplateAttribute, response.templateAttribute, structureOf(templateAttributeCodec)),
    ],
    decode: (reader) => ({
      objectType: reader.required(Tag.ObjectType, asEnumeration(ObjectType)),
      uniqueIdentifier: reader.required(Tag.UniqueIdentifier, asText),
      templateAttribute: reader.optional(Tag.TemplateAttribute, asStructureOf(templateAttributeCodec)),
    }),
  },
  placeholder: (response) => response.uniqueIdentifier,
};
