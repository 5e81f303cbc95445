import { asEnumeration, asText } from '../message/read-as.js';
import type { StructureCodec } from '../message/structure-codec.js';
import { named } from '../message/write-fields.js';
import { AlternativeNameType } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import { item, text } from '../ttlv/values.js';

/** A name that need not be unique (KMIP 1.2 section 3.40). */
export interface AlternativeName {
  readonly value: string;
  readonly type: AlternativeNameType;
}

/** `Alternative Name { Alternative Name Value Text, Alternative Name Type Enumeration }`. */
export const alternativeNameCodec: StructureCodec<AlternativeName> = {
  encode: ({ value, type }) => [
    item(Tag.AlternativeNameValue, text(value)),
    item(Tag.AlternativeNameType, named(AlternativeNameType)(type)),
  ],
  decode: (fields) => ({
    value: fields.required(Tag.AlternativeNameValue, asText),
    type: fields.required(Tag.AlternativeNameType, asEnumeration(AlternativeNameType)),
  }),
};
