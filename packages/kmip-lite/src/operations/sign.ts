import { type CryptographicParameters, cryptographicParametersCodec } from '../attributes/cryptographic-parameters.js';
import { asBytes, asText } from '../message/read-as.js';
import { asStructureOf, structureOf } from '../message/structure-codec.js';
import { field } from '../message/write-fields.js';
import { Tag } from '../spec/tags.generated.js';
import { bytes, item, text } from '../ttlv/values.js';
import type { OperationCodec } from './operation-codec.js';
import { type StreamFields, streamFields } from './stream-fields.js';

/** Sign (KMIP 1.2 section 4.31): the server signs with a private key that it keeps. Byte arrays are views of the frame. */
export interface SignRequest extends StreamFields {
  readonly uniqueIdentifier?: string | undefined;
  readonly cryptographicParameters?: CryptographicParameters | undefined;
  readonly data?: Uint8Array | undefined;
  /** Since 1.4: what is signed as it is. */
  readonly digestedData?: Uint8Array | undefined;
}

/** What came of it. */
export interface SignResponse {
  readonly uniqueIdentifier: string;
  readonly signatureData?: Uint8Array | undefined;
  /** Since 1.3. */
  readonly correlationValue?: Uint8Array | undefined;
}

/**
 * ```
 * request  { Unique Identifier?, Cryptographic Parameters?, Data?, Digested Data?, Correlation Value?, Init Indicator?, Final Indicator? (1.3) }
 * response { Unique Identifier, Signature Data?, Correlation Value? }
 * ```
 */
export const signCodec: OperationCodec<SignRequest, SignResponse> = {
  request: {
    encode: (request) => [
      ...field(Tag.UniqueIdentifier, request.uniqueIdentifier, text),
      ...field(Tag.CryptographicParameters, request.cryptographicParameters, structureOf(cryptographicParametersCodec)),
      ...field(Tag.Data, request.data, bytes),
      ...field(Tag.DigestedData, request.digestedData, bytes),
      ...streamFields.encode(request),
    ],
    decode: (reader) => ({
      uniqueIdentifier: reader.optional(Tag.UniqueIdentifier, asText),
      cryptographicParameters: reader.optional(
        Tag.CryptographicParameters,
        asStructureOf(cryptographicParametersCodec),
      ),
      data: reader.optional(Tag.Data, asBytes),
      digestedData: reader.optional(Tag.DigestedData, asBytes),
      ...streamFields.decode(reader),
    }),
  },
  response: {
    encode: (answer) => [
      item(Tag.UniqueIdentifier, text(answer.uniqueIdentifier)),
      ...field(Tag.SignatureData, answer.signatureData, bytes),
      ...field(Tag.CorrelationValue, answer.correlationValue, bytes),
    ],
    decode: (reader) => ({
      uniqueIdentifier: reader.required(Tag.UniqueIdentifier, asText),
      signatureData: reader.optional(Tag.SignatureData, asBytes),
      correlationValue: reader.optional(Tag.CorrelationValue, asBytes),
    }),
  },
};
