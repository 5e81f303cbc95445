import { asEnumeration } from '../message/read-as.js';
import type { StructureCodec } from '../message/structure-codec.js';
import { named } from '../message/write-fields.js';
import { NameType } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import { item, text } from '../ttlv/values.js';
import { asName } from './attribute.js';

/** A name that finds an object (KMIP 1.1 section 3.2); unique on a server. */
export interface Name {
  readonly value: string;
  readonly type: NameType;
}

/** `Name { Name Value Text, Name Type Enumeration }`. */
export const nameCodec: StructureCodec<Name> = {
  encode: (name) => [item(Tag.NameValue, text(name.value)), item(Tag.NameType, named(NameType)(name.type))],
  decode: (fields) => ({
    value: fields.required(Tag.NameValue, asName),
    type: fields.required(Tag.NameType, asEnumeration(NameType)),
  }),
};
