import { asEnumeration, asText } from '../message/read-as.js';
import type { StructureCodec } from '../message/structure-codec.js';
import { named } from '../message/write-fields.js';
import { LinkType } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import { item, text } from '../ttlv/values.js';

/** A tie to another object (KMIP 1.1 section 3.35): a public key's private half, a replaced key. */
export interface Link {
  readonly type: LinkType;
  /** Unique Identifier of the other object. */
  readonly linkedObjectIdentifier: string;
}

/** `Link { Link Type Enumeration, Linked Object Identifier Text }`. */
export const linkCodec: StructureCodec<Link> = {
  encode: (link) => [
    item(Tag.LinkType, named(LinkType)(link.type)),
    item(Tag.LinkedObjectIdentifier, text(link.linkedObjectIdentifier)),
  ],
  decode: (fields) => ({
    type: fields.required(Tag.LinkType, asEnumeration(LinkType)),
    linkedObjectIdentifier: fields.required(Tag.LinkedObjectIdentifier, asText),
  }),
};
