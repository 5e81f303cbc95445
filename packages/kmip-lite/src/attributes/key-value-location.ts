import { asEnumeration, asText } from '../message/read-as.js';
import type { StructureCodec } from '../message/structure-codec.js';
import { named } from '../message/write-fields.js';
import { KeyValueLocationType } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import { item, text } from '../ttlv/values.js';

/** Where a key's value is that the server does not hold (KMIP 1.2 section 3.42). */
export interface KeyValueLocation {
  readonly value: string;
  readonly type: KeyValueLocationType;
}

/** `Key Value Location { Key Value Location Value Text, Key Value Location Type Enumeration }`. */
export const keyValueLocationCodec: StructureCodec<KeyValueLocation> = {
  encode: ({ value, type }) => [
    item(Tag.KeyValueLocationValue, text(value)),
    item(Tag.KeyValueLocationType, named(KeyValueLocationType)(type)),
  ],
  decode: (fields) => ({
    value: fields.required(Tag.KeyValueLocationValue, asText),
    type: fields.required(Tag.KeyValueLocationType, asEnumeration(KeyValueLocationType)),
  }),
};
