import { type CryptographicParameters, cryptographicParametersCodec } from '../attributes/cryptographic-parameters.js';
import { asBytes, asText } from '../message/read-as.js';
import { asStructureOf, structureOf } from '../message/structure-codec.js';
import { field } from '../message/write-fields.js';
import { Tag } from '../spec/tags.generated.js';
import { bytes, item, text } from '../ttlv/values.js';
import type { OperationCodec } from './operation-codec.js';
import { type StreamFields, streamFields } from './stream-fields.js';

/** MAC (KMIP 1.2 section 4.33): the server makes a MAC with a key that it keeps. Byte arrays are views of the frame. */
export interface MacRequest extends StreamFields {
  readonly uniqueIdentifier?: string | undefined;
  readonly cryptographicParameters?: CryptographicParameters | undefined;
  readonly data?: Uint8Array | undefined;
}

/** What came of it. */
export interface MacResponse {
  readonly uniqueIdentifier: string;
  readonly macData?: Uint8Array | undefined;
  /** Since 1.3. */
  readonly correlationValue?: Uint8Array | undefined;
}

/**
 * ```
 * request  { Unique Identifier?, Cryptographic Parameters?, Data?, Correlation Value?, Init Indicator?, Final Indicator? (1.3) }
 * response { Unique Identifier, MAC Data?, Correlation Value? }
 * ```
 */
export const macCodec: OperationCodec<MacRequest, MacResponse> = {
  request: {
    encode: (request) => [
      ...field(Tag.UniqueIdentifier, request.uniqueIdentifier, text),
      ...field(Tag.CryptographicParameters, request.cryptographicParameters, structureOf(cryptographicParametersCodec)),
      ...field(Tag.Data, request.data, bytes),
      ...streamFields.encode(request),
    ],
    decode: (reader) => ({
      uniqueIdentifier: reader.optional(Tag.UniqueIdentifier, asText),
      cryptographicParameters: reader.optional(
        Tag.CryptographicParameters,
        asStructureOf(cryptographicParametersCodec),
      ),
      data: reader.optional(Tag.Data, asBytes),
      ...streamFields.decode(reader),
    }),
  },
  response: {
    encode: (answer) => [
      item(Tag.UniqueIdentifier, text(answer.uniqueIdentifier)),
      ...field(Tag.MACData, answer.macData, bytes),
      ...field(Tag.CorrelationValue, answer.correlationValue, bytes),
    ],
    decode: (reader) => ({
      uniqueIdentifier: reader.required(Tag.UniqueIdentifier, asText),
      macData: reader.optional(Tag.MACData, asBytes),
      correlationValue: reader.optional(Tag.CorrelationValue, asBytes),
    }),
  },
};
