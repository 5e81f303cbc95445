import { asBytes, asEnumeration } from '../message/read-as.js';
import { named } from '../message/write-fields.js';
import { CancellationResult } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import { bytes, item } from '../ttlv/values.js';
import type { OperationCodec } from './operation-codec.js';
import { correlationCodec, type PollRequest } from './poll.js';

/** Cancel (KMIP 1.1 section 4.27): ends a pending operation, if it still can be. */
export type CancelRequest = PollRequest;

/** What became of it. */
export interface CancelResponse {
  readonly asynchronousCorrelationValue: Uint8Array;
  readonly cancellationResult: CancellationResult;
}

/** `{ Asynchronous Correlation Value 420006 }`, answered with the same and `Cancellation Result 420012`. */
export const cancelCodec: OperationCodec<CancelRequest, CancelResponse> = {
  request: correlationCodec,
  response: {
    encode: (response) => [
      item(Tag.AsynchronousCorrelationValue, bytes(response.asynchronousCorrelationValue)),
      item(Tag.CancellationResult, named(CancellationResult)(response.cancellationResult)),
    ],
    decode: (reader) => ({
      asynchronousCorrelationValue: reader.required(Tag.AsynchronousCorrelationValue, asBytes),
      cancellationResult: reader.required(Tag.CancellationResult, asEnumeration(CancellationResult)),
    }),
  },
};
