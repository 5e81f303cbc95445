import { asBytes, asInteger } from '../message/read-as.js';
import { Tag } from '../spec/tags.generated.js';
import { bytes, integer, item } from '../ttlv/values.js';
import type { OperationCodec } from './operation-codec.js';

/** RNG Seed (KMIP 1.2 section 4.36): bytes that the server may stir into its random generator. Byte arrays are views of the frame. */
export interface RngSeedRequest {
  readonly data: Uint8Array;
}

/** What came of it. */
export interface RngSeedResponse {
  /** How many of the bytes were used. */
  readonly dataLength: number;
}

/**
 * ```
 * request  { Data }
 * response { Data Length }
 * ```
 */
export const rngSeedCodec: OperationCodec<RngSeedRequest, RngSeedResponse> = {
  request: {
    encode: (request) => [item(Tag.Data, bytes(request.data))],
    decode: (reader) => ({
      data: reader.required(Tag.Data, asBytes),
    }),
  },
  response: {
    encode: (answer) => [item(Tag.DataLength, integer(answer.dataLength))],
    decode: (reader) => ({
      dataLength: reader.required(Tag.DataLength, asInteger),
    }),
  },
};
