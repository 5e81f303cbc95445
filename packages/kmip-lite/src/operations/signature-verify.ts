import { type CryptographicParameters, cryptographicParametersCodec } from '../attributes/cryptographic-parameters.js';
import { asBytes, asEnumeration, asText } from '../message/read-as.js';
import { asStructureOf, structureOf } from '../message/structure-codec.js';
import { field, named } from '../message/write-fields.js';
import { ValidityIndicator } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import { bytes, item, text } from '../ttlv/values.js';
import type { OperationCodec } from './operation-codec.js';
import { type StreamFields, streamFields } from './stream-fields.js';

/** Signature Verify (KMIP 1.2 section 4.32): the server judges a signature by a public key that it keeps. Byte arrays are views of the frame. */
export interface SignatureVerifyRequest extends StreamFields {
  readonly uniqueIdentifier?: string | undefined;
  readonly cryptographicParameters?: CryptographicParameters | undefined;
  readonly data?: Uint8Array | undefined;
  /** Since 1.4. */
  readonly digestedData?: Uint8Array | undefined;
  readonly signatureData?: Uint8Array | undefined;
}

/** What came of it. */
export interface SignatureVerifyResponse {
  readonly uniqueIdentifier: string;
  readonly validityIndicator: ValidityIndicator;
  /** What the signature recovers, where it does. */
  readonly data?: Uint8Array | undefined;
  /** Since 1.3. */
  readonly correlationValue?: Uint8Array | undefined;
}

/**
 * ```
 * request  { Unique Identifier?, Cryptographic Parameters?, Data?, Digested Data?, Signature Data?, Correlation Value?, Init Indicator?, Final Indicator? (1.3) }
 * response { Unique Identifier, Validity Indicator, Data?, Correlation Value? }
 * ```
 */
export const signatureVerifyCodec: OperationCodec<SignatureVerifyRequest, SignatureVerifyResponse> = {
  request: {
    encode: (request) => [
      ...field(Tag.UniqueIdentifier, request.uniqueIdentifier, text),
      ...field(Tag.CryptographicParameters, request.cryptographicParameters, structureOf(cryptographicParametersCodec)),
      ...field(Tag.Data, request.data, bytes),
      ...field(Tag.DigestedData, request.digestedData, bytes),
      ...field(Tag.SignatureData, request.signatureData, bytes),
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
      signatureData: reader.optional(Tag.SignatureData, asBytes),
      ...streamFields.decode(reader),
    }),
  },
  response: {
    encode: (answer) => [
      item(Tag.UniqueIdentifier, text(answer.uniqueIdentifier)),
      item(Tag.ValidityIndicator, named(ValidityIndicator)(answer.validityIndicator)),
      ...field(Tag.Data, answer.data, bytes),
      ...field(Tag.CorrelationValue, answer.correlationValue, bytes),
    ],
    decode: (reader) => ({
      uniqueIdentifier: reader.required(Tag.UniqueIdentifier, asText),
      validityIndicator: reader.required(Tag.ValidityIndicator, asEnumeration(ValidityIndicator)),
      data: reader.optional(Tag.Data, asBytes),
      correlationValue: reader.optional(Tag.CorrelationValue, asBytes),
    }),
  },
};
