import { type CryptographicParameters, cryptographicParametersCodec } from '../attributes/cryptographic-parameters.js';
import { asBytes } from '../message/read-as.js';
import { asStructureOf, structureOf } from '../message/structure-codec.js';
import { field } from '../message/write-fields.js';
import { Tag } from '../spec/tags.generated.js';
import { bytes, item } from '../ttlv/values.js';
import type { OperationCodec } from './operation-codec.js';
import { type StreamFields, streamFields } from './stream-fields.js';

/** Hash (KMIP 1.2 section 4.37): the server hashes data. Byte arrays are views of the frame. */
export interface HashRequest extends StreamFields {
  /** Its Hashing Algorithm counts. */
  readonly cryptographicParameters: CryptographicParameters;
  readonly data?: Uint8Array | undefined;
}

/** What came of it. */
export interface HashResponse {
  readonly data?: Uint8Array | undefined;
  /** Since 1.3. */
  readonly correlationValue?: Uint8Array | undefined;
}

/**
 * ```
 * request  { Cryptographic Parameters, Data?, Correlation Value?, Init Indicator?, Final Indicator? (1.3) }
 * response { Data?, Correlation Value? }
 * ```
 */
export const hashCodec: OperationCodec<HashRequest, HashResponse> = {
  request: {
    encode: (request) => [
      item(Tag.CryptographicParameters, structureOf(cryptographicParametersCodec)(request.cryptographicParameters)),
      ...field(Tag.Data, request.data, bytes),
      ...streamFields.encode(request),
    ],
    decode: (reader) => ({
      cryptographicParameters: reader.required(
        Tag.CryptographicParameters,
        asStructureOf(cryptographicParametersCodec),
      ),
      data: reader.optional(Tag.Data, asBytes),
      ...streamFields.decode(reader),
    }),
  },
  response: {
    encode: (answer) => [
      ...field(Tag.Data, answer.data, bytes),
      ...field(Tag.CorrelationValue, answer.correlationValue, bytes),
    ],
    decode: (reader) => ({
      data: reader.optional(Tag.Data, asBytes),
      correlationValue: reader.optional(Tag.CorrelationValue, asBytes),
    }),
  },
};
