import { asText } from '../message/read-as.js';
import type { StructureCodec } from '../message/structure-codec.js';
import { field } from '../message/write-fields.js';
import { Tag } from '../spec/tags.generated.js';
import { item, text } from '../ttlv/values.js';

/** A request that says only which object; without an identifier the ID Placeholder is meant. */
export interface IdentifiedRequest {
  readonly uniqueIdentifier?: string | undefined;
}

/** A response that says only which object. */
export interface IdentifiedResponse {
  readonly uniqueIdentifier: string;
}

/** `{ Unique Identifier? 420094 }`. */
export const identifiedRequestCodec: StructureCodec<IdentifiedRequest> = {
  encode: ({ uniqueIdentifier }) => field(Tag.UniqueIdentifier, uniqueIdentifier, text),
  decode: (reader) => ({ uniqueIdentifier: reader.optional(Tag.UniqueIdentifier, asText) }),
};

/** `{ Unique Identifier 420094 }`. */
export const identifiedResponseCodec: StructureCodec<IdentifiedResponse> = {
  encode: ({ uniqueIdentifier }) => [item(Tag.UniqueIdentifier, text(uniqueIdentifier))],
  decode: (reader) => ({ uniqueIdentifier: reader.required(Tag.UniqueIdentifier, asText) }),
};
