import { type TemplateAttribute, templateAttributeCodec } from '../attributes/template-attribute.js';
import { asInterval, asText } from '../message/read-as.js';
import { asStructureOf, structureOf } from '../message/structure-codec.js';
import { field } from '../message/write-fields.js';
import { Tag } from '../spec/tags.generated.js';
import { interval, item, text } from '../ttlv/values.js';
import type { OperationCodec } from './operation-codec.js';

/** Re-key (KMIP 1.1 section 4.4): a replacement for a symmetric key, which takes over its names. */
export interface ReKeyRequest {
  readonly uniqueIdentifier?: string | undefined;
  /** From the new key's Initial Date to its Activation Date, in seconds. */
  readonly offset?: number | undefined;
  readonly templateAttribute?: TemplateAttribute | undefined;
}

/** The replacement. */
export interface ReKeyResponse {
  readonly uniqueIdentifier: string;
  readonly templateAttribute?: TemplateAttribute | undefined;
}

/**
 * ```
 * request  { Unique Identifier? 420094, Offset? 420058 Interval, Template-Attribute? 420091 }
 * response { Unique Identifier 420094, Template-Attribute? 420091 }
 * ```
 */
export const reKeyCodec: OperationCodec<ReKeyRequest, ReKeyResponse> = {
  request: {
    encode: (request) => [
      ...field(Tag.UniqueIdentifier, request.uniqueIdentifier, text),
      ...field(Tag.Offset, request.offset, interval),
      ...field(Tag.TemplateAttribute, request.templateAttribute, structureOf(templateAttributeCodec)),
    ],
    decode: (reader) => ({
      uniqueIdentifier: reader.optional(Tag.UniqueIdentifier, asText),
      offset: reader.optional(Tag.Offset, asInterval),
      templateAttribute: reader.optional(Tag.TemplateAttribute, asStructureOf(templateAttributeCodec)),
    }),
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
  makesAnother: true,
};
