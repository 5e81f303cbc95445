import { asBytes, asInteger } from '../message/read-as.js';
import { Tag } from '../spec/tags.generated.js';
import { bytes, integer, item } from '../ttlv/values.js';
import type { OperationCodec } from './operation-codec.js';

/** RNG Retrieve (KMIP 1.2 section 4.35): random bytes of the server. Byte arrays are views of the frame. */
export interface RngRetrieveRequest {
  /** Bytes. */
  readonly dataLength: number;
}

/** What came of it. */
export interface RngRetrieveResponse {
  readonly data: Uint8Array;
}

/**
 * ```
 * request  { Data Length }
 * response { Data }
 * ```
 */
export const rngRetrieveCodec: OperationCodec<RngRetrieveRequest, RngRetrieveResponse> = {
  request: {
    encode: (request) => [item(Tag.DataLength, integer(request.dataLength))],
    decode: (reader) => ({
      dataLength: reader.required(Tag.DataLength, asInteger),
    }),
  },
  response: {
    encode: (answer) => [item(Tag.Data, bytes(answer.data))],
    decode: (reader) => ({
      data: reader.required(Tag.Data, asBytes),
    }),
  },
};
