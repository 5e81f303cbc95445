import type { FieldReader } from '../message/field-reader.js';
import { asInteger, asInterval, asLongInteger, asText } from '../message/read-as.js';
import { field } from '../message/write-fields.js';
import { Tag } from '../spec/tags.generated.js';
import type { Item } from '../ttlv/item.js';
import { integer, interval, item, longInteger, text } from '../ttlv/values.js';
import type { OperationCodec } from './operation-codec.js';

/** What a use of a key would need. */
export interface IntendedUse {
  readonly usageLimitsCount?: bigint | undefined;
  /** Bits of CryptographicUsageMask. */
  readonly cryptographicUsageMask?: number | undefined;
  /** Seconds. */
  readonly leaseTime?: number | undefined;
}

/** Check (KMIP 1.1 section 4.10): may the key be used like this? */
export interface CheckRequest extends IntendedUse {
  readonly uniqueIdentifier?: string | undefined;
}

/** Only what would be refused is there. */
export interface CheckResponse extends IntendedUse {
  readonly uniqueIdentifier: string;
}

const encodeUse = (use: IntendedUse): Item[] => [
  ...field(Tag.UsageLimitsCount, use.usageLimitsCount, longInteger),
  ...field(Tag.CryptographicUsageMask, use.cryptographicUsageMask, integer),
  ...field(Tag.LeaseTime, use.leaseTime, interval),
];

const decodeUse = (reader: FieldReader): IntendedUse => ({
  usageLimitsCount: reader.optional(Tag.UsageLimitsCount, asLongInteger),
  cryptographicUsageMask: reader.optional(Tag.CryptographicUsageMask, asInteger),
  leaseTime: reader.optional(Tag.LeaseTime, asInterval),
});

/**
 * Both ways: `{ Unique Identifier 420094 (optional in the request), Usage Limits Count? 420096 Long, Cryptographic Usage
 * Mask? 42002c Integer, Lease Time? 420049 Interval }`.
 */
export const checkCodec: OperationCodec<CheckRequest, CheckResponse> = {
  request: {
    encode: (request) => [...field(Tag.UniqueIdentifier, request.uniqueIdentifier, text), ...encodeUse(request)],
    decode: (reader) => ({
      uniqueIdentifier: reader.optional(Tag.UniqueIdentifier, asText),
      ...decodeUse(reader),
    }),
  },
  response: {
    encode: (response) => [item(Tag.UniqueIdentifier, text(response.uniqueIdentifier)), ...encodeUse(response)],
    decode: (reader) => ({
      uniqueIdentifier: reader.required(Tag.UniqueIdentifier, asText),
      ...decodeUse(reader),
    }),
  },
};
