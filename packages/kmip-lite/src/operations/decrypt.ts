import { type CryptographicParameters, cryptographicParametersCodec } from '../attributes/cryptographic-parameters.js';
import { asBytes, asText } from '../message/read-as.js';
import { asStructureOf, structureOf } from '../message/structure-codec.js';
import { field } from '../message/write-fields.js';
import { Tag } from '../spec/tags.generated.js';
import { bytes, item, text } from '../ttlv/values.js';
import type { OperationCodec } from './operation-codec.js';
import { type StreamFields, streamFields } from './stream-fields.js';

/** Decrypt (KMIP 1.2 section 4.30): the server decrypts with a key that it keeps. Byte arrays are views of the frame. */
export interface DecryptRequest extends StreamFields {
  readonly uniqueIdentifier?: string | undefined;
  /** The key's own, of the lowest index, if missing. */
  readonly cryptographicParameters?: CryptographicParameters | undefined;
  readonly data?: Uint8Array | undefined;
  readonly ivCounterNonce?: Uint8Array | undefined;
  /** Since 1.4. */
  readonly authenticatedEncryptionAdditionalData?: Uint8Array | undefined;
  /** Since 1.4. */
  readonly authenticatedEncryptionTag?: Uint8Array | undefined;
}

/** What came of it. */
export interface DecryptResponse {
  readonly uniqueIdentifier: string;
  readonly data?: Uint8Array | undefined;
  /** Since 1.3. */
  readonly correlationValue?: Uint8Array | undefined;
}

/**
 * ```
 * request  { Unique Identifier?, Cryptographic Parameters?, Data?, IV/Counter/Nonce?, Correlation Value?, Init Indicator?, Final Indicator? (1.3), Authenticated Encryption Additional Data?, Authenticated Encryption Tag? }
 * response { Unique Identifier, Data?, Correlation Value? }
 * ```
 */
export const decryptCodec: OperationCodec<DecryptRequest, DecryptResponse> = {
  request: {
    encode: (request) => [
      ...field(Tag.UniqueIdentifier, request.uniqueIdentifier, text),
      ...field(Tag.CryptographicParameters, request.cryptographicParameters, structureOf(cryptographicParametersCodec)),
      ...field(Tag.Data, request.data, bytes),
      ...field(Tag.IVCounterNonce, request.ivCounterNonce, bytes),
      ...streamFields.encode(request),
      ...field(Tag.AuthenticatedEncryptionAdditionalData, request.authenticatedEncryptionAdditionalData, bytes),
      ...field(Tag.AuthenticatedEncryptionTag, request.authenticatedEncryptionTag, bytes),
    ],
    decode: (reader) => ({
      uniqueIdentifier: reader.optional(Tag.UniqueIdentifier, asText),
      cryptographicParameters: reader.optional(
        Tag.CryptographicParameters,
        asStructureOf(cryptographicParametersCodec),
      ),
      data: reader.optional(Tag.Data, asBytes),
      ivCounterNonce: reader.optional(Tag.IVCounterNonce, asBytes),
      ...streamFields.decode(reader),
      authenticatedEncryptionAdditionalData: reader.optional(Tag.AuthenticatedEncryptionAdditionalData, asBytes),
      authenticatedEncryptionTag: reader.optional(Tag.AuthenticatedEncryptionTag, asBytes),
    }),
  },
  response: {
    encode: (answer) => [
      item(Tag.UniqueIdentifier, text(answer.uniqueIdentifier)),
      ...field(Tag.Data, answer.data, bytes),
      ...field(Tag.CorrelationValue, answer.correlationValue, bytes),
    ],
    decode: (reader) => ({
      uniqueIdentifier: reader.required(Tag.UniqueIdentifier, asText),
      data: reader.optional(Tag.Data, asBytes),
      correlationValue: reader.optional(Tag.CorrelationValue, asBytes),
    }),
  },
};
