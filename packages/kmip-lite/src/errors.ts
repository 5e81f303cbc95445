import type { ResultReason } from './spec/enumerations.generated.js';

/** Why bytes are not TTLV that we accept. */
export type TtlvErrorCode =
  | 'TRUNCATED' // the bytes end inside an item
  | 'TOO_LARGE' // longer than the message limit
  | 'TOO_DEEP' // more structures inside each other than the limit
  | 'TOO_MANY_ITEMS' // more items than the limit
  | 'BAD_TAG' // not 42xxxx (standard) or 54xxxx (vendor)
  | 'BAD_TYPE' // no item type of KMIP 1.1
  | 'BAD_LENGTH' // a length that the type cannot have, or that leaves the structure around it
  | 'BAD_PADDING' // padding that is not zero
  | 'BAD_VALUE' // a Boolean other than 0 and 1, a text that is not UTF-8
  | 'TRAILING_BYTES'; // bytes behind the item

/** Bytes that are not acceptable TTLV. Says where, never what stood there. */
export class TtlvError extends Error {
  override readonly name = 'TtlvError';
  constructor(
    readonly code: TtlvErrorCode,
    readonly offsetBytes: number,
    message: string,
  ) {
    super(`${message} (at byte ${offsetBytes})`);
  }
}

/**
 * A KMIP operation that failed, as the wire tells it: handlers throw it, the server answers with it. The message goes to
 * the peer and holds no key bytes, paths or stacks.
 */
export class KmipError extends Error {
  override readonly name = 'KmipError';
  constructor(
    readonly reason: ResultReason,
    message: string,
  ) {
    super(message);
  }
}
