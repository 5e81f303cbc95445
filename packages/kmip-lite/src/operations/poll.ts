import { asBytes } from '../message/read-as.js';
import type { StructureCodec } from '../message/structure-codec.js';
import { Tag } from '../spec/tags.generated.js';
import type { Item } from '../ttlv/item.js';
import { bytes, item } from '../ttlv/values.js';
import type { OperationCodec } from './operation-codec.js';

/** Poll (KMIP 1.1 section 4.28): asks whether a pending operation is done. */
export interface PollRequest {
  readonly asynchronousCorrelationValue: Uint8Array;
}

/** The finished operation's own payload, unread: the answer carries that operation's code, not Poll's. */
export interface PollResponse {
  readonly items: readonly Item[];
}

/** `{ Asynchronous Correlation Value 420006 }`. */
export const correlationCodec: StructureCodec<PollRequest> = {
  encode: (request) => [item(Tag.AsynchronousCorrelationValue, bytes(request.asynchronousCorrelationValue))],
  decode: (reader) => ({
    asynchronousCorrelationValue: reader.required(Tag.AsynchronousCorrelationValue, asBytes),
  }),
};

/** `{ Asynchronous Correlation Value }`, answered with the payload of the finished operation. */
export const pollCodec: OperationCodec<PollRequest, PollResponse> = {
  request: correlationCodec,
  response: { encode: ({ items }) => [...items], decode: (reader) => ({ items: reader.rest() }) },
};
