import type { FieldReader } from '../message/field-reader.js';
import { asBoolean, asBytes } from '../message/read-as.js';
import { field } from '../message/write-fields.js';
import { Tag } from '../spec/tags.generated.js';
import type { Item } from '../ttlv/item.js';
import { boolean, bytes } from '../ttlv/values.js';

/** An operation in several parts (KMIP 1.3 sections 4.29 to 4.36); a message without these fields is a whole one. */
export interface StreamFields {
  /** What the server answered to the first part. */
  readonly correlationValue?: Uint8Array | undefined;
  readonly initIndicator?: boolean | undefined;
  readonly finalIndicator?: boolean | undefined;
}

/** `Correlation Value? 4200d6 Byte String, Init Indicator? 4200d7 Boolean, Final Indicator? 4200d8 Boolean`, since 1.3. */
export const streamFields = {
  encode: (stream: StreamFields): Item[] => [
    ...field(Tag.CorrelationValue, stream.correlationValue, bytes),
    ...field(Tag.InitIndicator, stream.initIndicator, boolean),
    ...field(Tag.FinalIndicator, stream.finalIndicator, boolean),
  ],
  decode: (reader: FieldReader): StreamFields => ({
    correlationValue: reader.optional(Tag.CorrelationValue, asBytes),
    initIndicator: reader.optional(Tag.InitIndicator, asBoolean),
    finalIndicator: reader.optional(Tag.FinalIndicator, asBoolean),
  }),
};
