import { type Attribute, attributeCodec } from '../attributes/attribute.js';
import { templateAttributeCodec } from '../attributes/template-attribute.js';
import { asEnumeration, asInteger, asText } from '../message/read-as.js';
import { asStructureOf, structureOf } from '../message/structure-codec.js';
import { field, fields, named } from '../message/write-fields.js';
import { ObjectGroupMember } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import { integer, text } from '../ttlv/values.js';
import type { OperationCodec } from './operation-codec.js';

/** Locate (KMIP 1.1 section 4.9): objects that have all of these attributes. */
export interface LocateRequest {
  /** Most identifiers to answer with; missing or 0 leaves it to the server. */
  readonly maximumItems?: number | undefined;
  /** Identifiers to pass over, in the server's order. Since 1.3; read whatever the version, since clients page under 1.0. */
  readonly offsetItems?: number | undefined;
  /** Bits of StorageStatusMask; on-line objects only if missing. */
  readonly storageStatusMask?: number | undefined;
  /** Since 1.1. */
  readonly objectGroupMember?: ObjectGroupMember | undefined;
  /** Two of one date are a range, both ends in it. Values of structures may be partial and are not checked here. */
  readonly attributes: readonly Attribute[];
}

/** What was found; none is a success. */
export interface LocateResponse {
  /** How many there are in all, those that were passed over or not answered among them. Since 1.3. */
  readonly locatedItems?: number | undefined;
  readonly uniqueIdentifiers: readonly string[];
}

/**
 * ```
 * request  { Maximum Items? 42004f Integer, Offset Items? 4200d4 (1.3), Storage Status Mask? 42008e, Object Group Member? 4200ac (1.1), Attribute* }
 * response { Located Items? 4200d5 (1.3), Unique Identifier* 420094 }
 * ```
 *
 * FortiGate wraps the attributes in a Template-Attribute; that is read as if it were not there.
 */
export const locateCodec: OperationCodec<LocateRequest, LocateResponse> = {
  request: {
    encode: (request) => [
      ...field(Tag.MaximumItems, request.maximumItems, integer),
      ...field(Tag.OffsetItems, request.offsetItems, integer),
      ...field(Tag.StorageStatusMask, request.storageStatusMask, integer),
      ...field(Tag.ObjectGroupMember, request.objectGroupMember, named(ObjectGroupMember)),
      ...fields(Tag.Attribute, request.attributes, structureOf(attributeCodec)),
    ],
    decode: (reader) => ({
      maximumItems: reader.optional(Tag.MaximumItems, asInteger),
      offsetItems: reader.takeEarly(Tag.OffsetItems, asInteger),
      storageStatusMask: reader.optional(Tag.StorageStatusMask, asInteger),
      objectGroupMember: reader.optional(Tag.ObjectGroupMember, asEnumeration(ObjectGroupMember)),
      attributes: [
        ...reader.all(Tag.Attribute, asStructureOf(attributeCodec)),
        ...reader
          .all(Tag.TemplateAttribute, asStructureOf(templateAttributeCodec))
          .flatMap((template) => template.attributes),
      ],
    }),
  },
  response: {
    encode: ({ locatedItems, uniqueIdentifiers }) => [
      ...field(Tag.LocatedItems, locatedItems, integer),
      ...fields(Tag.UniqueIdentifier, uniqueIdentifiers, text),
    ],
    decode: (reader) => ({
      locatedItems: reader.optional(Tag.LocatedItems, asInteger),
      uniqueIdentifiers: reader.all(Tag.UniqueIdentifier, asText),
    }),
  },
  placeholder: ({ uniqueIdentifiers }) => (uniqueIdentifiers.length === 1 ? (uniqueIdentifiers[0] ?? null) : null),
};
