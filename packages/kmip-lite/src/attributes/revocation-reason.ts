import { asEnumeration, asText } from '../message/read-as.js';
import type { StructureCodec } from '../message/structure-codec.js';
import { field, named } from '../message/write-fields.js';
import { RevocationReasonCode } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import { item, text } from '../ttlv/values.js';

/** Why an object was revoked (KMIP 1.1 section 3.31). */
export interface RevocationReason {
  readonly code: RevocationReasonCode;
  readonly message?: string | undefined;
}

/** `Revocation Reason { Revocation Reason Code Enumeration, Revocation Message? Text }`. */
export const revocationReasonCodec: StructureCodec<RevocationReason> = {
  encode: (reason) => [
    item(Tag.RevocationReasonCode, named(RevocationReasonCode)(reason.code)),
    ...field(Tag.RevocationMessage, reason.message, text),
  ],
  decode: (fields) => ({
    code: fields.required(Tag.RevocationReasonCode, asEnumeration(RevocationReasonCode)),
    message: fields.optional(Tag.RevocationMessage, asText),
  }),
};
