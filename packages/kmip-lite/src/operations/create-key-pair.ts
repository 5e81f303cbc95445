import { type TemplateAttribute, templateAttributeCodec } from '../attributes/template-attribute.js';
import { asText } from '../message/read-as.js';
import { asStructureOf, type StructureCodec, structureOf } from '../message/structure-codec.js';
import { field } from '../message/write-fields.js';
import { Tag } from '../spec/tags.generated.js';
import { item, text } from '../ttlv/values.js';
import type { OperationCodec } from './operation-codec.js';

/** Attributes for both halves of a key pair, and for one of them only. */
export interface KeyPairTemplates {
  readonly common?: TemplateAttribute | undefined;
  readonly privateKey?: TemplateAttribute | undefined;
  readonly publicKey?: TemplateAttribute | undefined;
}

/** Create Key Pair (KMIP 1.1 section 4.2): the server makes an asymmetric pair. */
export type CreateKeyPairRequest = KeyPairTemplates;

/** The new halves. */
export interface CreateKeyPairResponse {
  readonly privateKeyUniqueIdentifier: string;
  readonly publicKeyUniqueIdentifier: string;
  readonly privateKeyTemplate?: TemplateAttribute | undefined;
  readonly publicKeyTemplate?: TemplateAttribute | undefined;
}

const template = structureOf(templateAttributeCodec);
const asTemplate = asStructureOf(templateAttributeCodec);

/** `Common Template-Attribute? 42001f, Private Key Template-Attribute? 420065, Public Key Template-Attribute? 42006e`. */
export const keyPairTemplatesCodec: StructureCodec<KeyPairTemplates> = {
  encode: (templates) => [
    ...field(Tag.CommonTemplateAttribute, templates.common, template),
    ...field(Tag.PrivateKeyTemplateAttribute, templates.privateKey, template),
    ...field(Tag.PublicKeyTemplateAttribute, templates.publicKey, template),
  ],
  decode: (reader) => ({
    common: reader.optional(Tag.CommonTemplateAttribute, asTemplate),
    privateKey: reader.optional(Tag.PrivateKeyTemplateAttribute, asTemplate),
    publicKey: reader.optional(Tag.PublicKeyTemplateAttribute, asTemplate),
  }),
};

/**
 * ```
 * request  { Common Template-Attribute?, Private Key Template-Attribute?, Public Key Template-Attribute? }
 * response { Private Key Unique Identifier 420066, Public Key Unique Identifier 42006f,
 *   Private Key Template-Attribute?, Public Key Template-Attribute? }
 * ```
 */
export const createKeyPairCodec: OperationCodec<CreateKeyPairRequest, CreateKeyPairResponse> = {
  request: keyPairTemplatesCodec,
  response: {
    encode: (pair) => [
      item(Tag.PrivateKeyUniqueIdentifier, text(pair.privateKeyUniqueIdentifier)),
      item(Tag.PublicKeyUniqueIdentifier, text(pair.publicKeyUniqueIdentifier)),
      ...field(Tag.PrivateKeyTemplateAttribute, pair.privateKeyTemplate, template),
      ...field(Tag.PublicKeyTemplateAttribute, pair.publicKeyTemplate, template),
    ],
    decode: (reader) => ({
      privateKeyUniqueIdentifier: reader.required(Tag.PrivateKeyUniqueIdentifier, asText),
      publicKeyUniqueIdentifier: reader.required(Tag.PublicKeyUniqueIdentifier, asText),
      privateKeyTemplate: reader.optional(Tag.PrivateKeyTemplateAttribute, asTemplate),
      publicKeyTemplate: reader.optional(Tag.PublicKeyTemplateAttribute, asTemplate),
    }),
  },
  placeholder: (pair) => pair.privateKeyUniqueIdentifier,
};
