import { asEnumeration, asLongInteger } from '../message/read-as.js';
import type { StructureCodec } from '../message/structure-codec.js';
import { field, named } from '../message/write-fields.js';
import { UsageLimitsUnit } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import { item, longInteger } from '../ttlv/values.js';

/** How much may be protected under a key (KMIP 1.1 section 3.21): all in all, and what is left of it. */
export interface UsageLimits {
  readonly total: bigint;
  readonly count?: bigint | undefined;
  readonly unit: UsageLimitsUnit;
}

/** `Usage Limits { Usage Limits Total Long, Usage Limits Count? Long, Usage Limits Unit Enumeration }`. */
export const usageLimitsCodec: StructureCodec<UsageLimits> = {
  encode: (limits) => [
    item(Tag.UsageLimitsTotal, longInteger(limits.total)),
    ...field(Tag.UsageLimitsCount, limits.count, longInteger),
    item(Tag.UsageLimitsUnit, named(UsageLimitsUnit)(limits.unit)),
  ],
  decode: (fields) => ({
    total: fields.required(Tag.UsageLimitsTotal, asLongInteger),
    count: fields.optional(Tag.UsageLimitsCount, asLongInteger),
    unit: fields.required(Tag.UsageLimitsUnit, asEnumeration(UsageLimitsUnit)),
  }),
};
