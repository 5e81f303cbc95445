import {
  type IdentifiedRequest,
  type IdentifiedResponse,
  identifiedRequestCodec,
  identifiedResponseCodec,
} from './identified-object.js';
import type { OperationCodec } from './operation-codec.js';

/** Destroy (KMIP 1.1 section 4.21): the material goes, the attributes may stay. */
export type DestroyRequest = IdentifiedRequest;
/** The destroyed object. */
export type DestroyResponse = IdentifiedResponse;

/** `{ Unique Identifier? }`, answered with `{ Unique Identifier }`. */
export const destroyCodec: OperationCodec<DestroyRequest, DestroyResponse> = {
  request: identifiedRequestCodec,
  response: identifiedResponseCodec,
};
