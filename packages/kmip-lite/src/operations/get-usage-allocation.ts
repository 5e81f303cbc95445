import { asLongInteger, asText } from '../message/read-as.js';
import { field } from '../message/write-fields.js';
import { Tag } from '../spec/tags.generated.js';
import { item, longInteger, text } from '../ttlv/values.js';
import { type IdentifiedResponse, identifiedResponseCodec } from './identified-object.js';
import type { OperationCodec } from './operation-codec.js';

/** Get Usage Allocation (KMIP 1.1 section 4.18): takes a part of the key's Usage Limits. */
export interface GetUsageAllocationRequest {
  readonly uniqueIdentifier?: string | undefined;
  /** Bytes or objects, as the key's Usage Limits count. */
  readonly usageLimitsCount: bigint;
}

/** The key whose use was granted. */
export type GetUsageAllocationResponse = IdentifiedResponse;

/** `{ Unique Identifier? 420094, Usage Limits Count 420096 Long }`, answered with `{ Unique Identifier }`. */
export const getUsageAllocationCodec: OperationCodec<GetUsageAllocationRequest, GetUsageAllocationResponse> = {
  request: {
    encode: (request) => [
      ...field(Tag.UniqueIdentifier, request.uniqueIdentifier, text),
      item(Tag.UsageLimitsCount, longInteger(request.usageLimitsCount)),
    ],
    decode: (reader) => ({
      uniqueIdentifier: reader.optional(Tag.UniqueIdentifier, asText),
      usageLimitsCount: reader.required(Tag.UsageLimitsCount, asLongInteger),
    }),
  },
  response: identifiedResponseCodec,
};
