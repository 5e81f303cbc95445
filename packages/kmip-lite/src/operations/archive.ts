import {
  type IdentifiedRequest,
  type IdentifiedResponse,
  identifiedRequestCodec,
  identifiedResponseCodec,
} from './identified-object.js';
import type { OperationCodec } from './operation-codec.js';

/** Archive (KMIP 1.1 section 4.22): the object goes to archival storage. */
export type ArchiveRequest = IdentifiedRequest;
/** The archived object. */
export type ArchiveResponse = IdentifiedResponse;

/** `{ Unique Identifier? }`, answered with `{ Unique Identifier }`. */
export const archiveCodec: OperationCodec<ArchiveRequest, ArchiveResponse> = {
  request: identifiedRequestCodec,
  response: identifiedResponseCodec,
};
