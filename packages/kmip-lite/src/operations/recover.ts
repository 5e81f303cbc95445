import {
  type IdentifiedRequest,
  type IdentifiedResponse,
  identifiedRequestCodec,
  identifiedResponseCodec,
} from './identified-object.js';
import type { OperationCodec } from './operation-codec.js';

/** Recover (KMIP 1.1 section 4.23): the object comes back from archival storage. */
export type RecoverRequest = IdentifiedRequest;
/** The recovered object. */
export type RecoverResponse = IdentifiedResponse;

/** `{ Unique Identifier? }`, answered with `{ Unique Identifier }`. */
export const recoverCodec: OperationCodec<RecoverRequest, RecoverResponse> = {
  request: identifiedRequestCodec,
  response: identifiedResponseCodec,
};
