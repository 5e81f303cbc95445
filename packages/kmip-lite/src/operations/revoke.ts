import { type RevocationReason, revocationReasonCodec } from '../attributes/revocation-reason.js';
import { asDateTime, asText } from '../message/read-as.js';
import { asStructureOf, structureOf } from '../message/structure-codec.js';
import { field } from '../message/write-fields.js';
import { Tag } from '../spec/tags.generated.js';
import { dateTime, item, text } from '../ttlv/values.js';
import { type IdentifiedResponse, identifiedResponseCodec } from './identified-object.js';
import type { OperationCodec } from './operation-codec.js';

/** Revoke (KMIP 1.1 section 4.20): Deactivated, or Compromised for a compromise. */
export interface RevokeRequest {
  readonly uniqueIdentifier?: string | undefined;
  readonly revocationReason: RevocationReason;
  /** Seconds since 1970. */
  readonly compromiseOccurrenceDate?: number | undefined;
}

/** The revoked object. */
export type RevokeResponse = IdentifiedResponse;

/**
 * `{ Unique Identifier? 420094, Revocation Reason 420081, Compromise Occurrence Date? 420021 }`, answered with
 * `{ Unique Identifier }`.
 */
export const revokeCodec: OperationCodec<RevokeRequest, RevokeResponse> = {
  request: {
    encode: (request) => [
      ...field(Tag.UniqueIdentifier, request.uniqueIdentifier, text),
      item(Tag.RevocationReason, structureOf(revocationReasonCodec)(request.revocationReason)),
      ...field(Tag.CompromiseOccurrenceDate, request.compromiseOccurrenceDate, dateTime),
    ],
    decode: (reader) => ({
      uniqueIdentifier: reader.optional(Tag.UniqueIdentifier, asText),
      revocationReason: reader.required(Tag.RevocationReason, asStructureOf(revocationReasonCodec)),
      compromiseOccurrenceDate: reader.optional(Tag.CompromiseOccurrenceDate, asDateTime),
    }),
  },
  response: identifiedResponseCodec,
};
