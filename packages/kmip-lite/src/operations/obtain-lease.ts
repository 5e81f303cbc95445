import { asDateTime, asInterval, asText } from '../message/read-as.js';
import { Tag } from '../spec/tags.generated.js';
import { dateTime, interval, item, text } from '../ttlv/values.js';
import { type IdentifiedRequest, identifiedRequestCodec } from './identified-object.js';
import type { OperationCodec } from './operation-codec.js';

/** Obtain Lease (KMIP 1.1 section 4.17): for how long may a client keep its copy? */
export type ObtainLeaseRequest = IdentifiedRequest;

/** The lease. */
export interface ObtainLeaseResponse {
  readonly uniqueIdentifier: string;
  /** Seconds. */
  readonly leaseTime: number;
  /** Seconds since 1970. */
  readonly lastChangeDate: number;
}

/** `{ Unique Identifier? }`, answered with `{ Unique Identifier 420094, Lease Time 420049, Last Change Date 420048 }`. */
export const obtainLeaseCodec: OperationCodec<ObtainLeaseRequest, ObtainLeaseResponse> = {
  request: identifiedRequestCodec,
  response: {
    encode: (response) => [
      item(Tag.UniqueIdentifier, text(response.uniqueIdentifier)),
      item(Tag.LeaseTime, interval(response.leaseTime)),
      item(Tag.LastChangeDate, dateTime(response.lastChangeDate)),
    ],
    decode: (reader) => ({
      uniqueIdentifier: reader.required(Tag.UniqueIdentifier, asText),
      leaseTime: reader.required(Tag.LeaseTime, asInterval),
      lastChangeDate: reader.required(Tag.LastChangeDate, asDateTime),
    }),
  },
};
