import { type TemplateAttribute, templateAttributeCodec } from '../attributes/template-attribute.js';
import { asEnumeration, asText } from '../message/read-as.js';
import { asStructureOf, structureOf } from '../message/structure-codec.js';
import { field, named } from '../message/write-fields.js';
import { decodeObject, encodeObject, type ManagedObject } from '../objects/managed-object.js';
import { ObjectType } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import { item, text } from '../ttlv/values.js';
import type { OperationCodec } from './operation-codec.js';

/** Register (KMIP 1.1 section 4.3): the client brings the object. Its byte arrays are views of the frame. */
export interface RegisterRequest {
  readonly templateAttribute: TemplateAttribute;
  readonly object: ManagedObject;
}

/** The registered object's identifier. */
export interface RegisterResponse {
  readonly uniqueIdentifier: string;
  readonly templateAttribute?: TemplateAttribute | undefined;
}

/**
 * ```
 * request  { Object Type 420057, Template-Attribute 420091, the object }
 * response { Unique Identifier 420094, Template-Attribute? 420091 }
 * ```
 */
export const registerCodec: OperationCodec<RegisterRequest, RegisterResponse> = {
  request: {
    encode: ({ templateAttribute, object }) => [
      item(Tag.ObjectType, named(ObjectType)(object.objectType)),
      item(Tag.TemplateAttribute, structureOf(templateAttributeCodec)(templateAttribute)),
      encodeObject(object),
    ],
    decode: (reader) => {
      const objectType = reader.required(Tag.ObjectType, asEnumeration(ObjectType));
      const templateAttribute = reader.required(Tag.TemplateAttribute, asStructureOf(templateAttributeCodec));
      return { templateAttribute, object: decodeObject(objectType, reader) };
    },
  },
  response: {
    encode: (response) => [
      item(Tag.UniqueIdentifier, text(response.uniqueIdentifier)),
      ...field(Tag.TemplateAttribute, response.templateAttribute, structureOf(templateAttributeCodec)),
    ],
    decode: (reader) => ({
      uniqueIdentifier: reader.required(Tag.UniqueIdentifier, asText),
      templateAttribute: reader.optional(Tag.TemplateAttribute, asStructureOf(templateAttributeCodec)),
    }),
  },
  placeholder: (response) => response.uniqueIdentifier,
};
