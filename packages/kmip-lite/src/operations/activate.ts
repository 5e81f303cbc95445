import {
  type IdentifiedRequest,
  type IdentifiedResponse,
  identifiedRequestCodec,
  identifiedResponseCodec,
} from './identified-object.js';
import type { OperationCodec } from './operation-codec.js';

/** Activate (KMIP 1.1 section 4.19): Pre-Active becomes Active. */
export type ActivateRequest = IdentifiedRequest;
/** The activated object. */
export type ActivateResponse = IdentifiedResponse;

/** `{ Unique Identifier? }`, answered with `{ Unique Identifier }`. */
export const activateCodec: OperationCodec<ActivateRequest, ActivateResponse> = {
  request: identifiedRequestCodec,
  response: identifiedResponseCodec,
};
