import { asInterval, asText } from '../message/read-as.js';
import { field } from '../message/write-fields.js';
import { Tag } from '../spec/tags.generated.js';
import { interval, text } from '../ttlv/values.js';
import {
  type CreateKeyPairResponse,
  createKeyPairCodec,
  type KeyPairTemplates,
  keyPairTemplatesCodec,
} from './create-key-pair.js';
import type { OperationCodec } from './operation-codec.js';

/** Re-key Key Pair (KMIP 1.1 section 4.5; since 1.1): a replacement for both halves of a pair. */
export interface ReKeyKeyPairRequest extends KeyPairTemplates {
  /** The private half. */
  readonly uniqueIdentifier?: string | undefined;
  /** From the new keys' Initial Date to their Activation Date, in seconds. */
  readonly offset?: number | undefined;
}

/** The new halves. */
export type ReKeyKeyPairResponse = CreateKeyPairResponse;

/**
 * ```
 * request  { Private Key Unique Identifier? 420066, Offset? 420058 Interval, Common Template-Attribute?,
 *   Private Key Template-Attribute?, Public Key Template-Attribute? }
 * response as Create Key Pair's
 * ```
 */
export const reKeyKeyPairCodec: OperationCodec<ReKeyKeyPairRequest, ReKeyKeyPairResponse> = {
  ...createKeyPairCodec,
  request: {
    encode: (request) => [
      ...field(Tag.PrivateKeyUniqueIdentifier, request.uniqueIdentifier, text),
      ...field(Tag.Offset, request.offset, interval),
      ...keyPairTemplatesCodec.encode(request),
    ],
    decode: (reader) => ({
      uniqueIdentifier: reader.optional(Tag.PrivateKeyUniqueIdentifier, asText),
      offset: reader.optional(Tag.Offset, asInterval),
      ...keyPairTemplatesCodec.decode(reader),
    }),
  },
};
