import type { Channel, Clock } from '@vcryptsim/ports';
import type { Limits } from '../limits.js';
import type { Credential } from '../message/credential.js';
import type { ProtocolVersion } from '../message/protocol-version.js';

/** How to reach and speak to one key server. */
export interface KmipClientOptions {
  /** Opens a judged connection; gives up when the signal fires. Its errors pass through unchanged. */
  readonly connect: (signal: AbortSignal) => Promise<Channel>;
  readonly clock: Clock;
  /** For the connection, and again for each exchange, in milliseconds. */
  readonly timeoutMs: number;
  /**
   * Makes the Unique Batch Item ID of an item from its place in its message, from 1 (vCenter's are `QLKC` and that
   * number). Default: four bytes that count from 1 through the connection.
   */
  readonly batchItemIds?: (place: number) => Uint8Array;
  /** Goes into every header but Discover Versions'. The password is the caller's, who zeroes it after the session. */
  readonly credential?: Credential;
  /** Version of the headers; default 1.1. */
  readonly version?: ProtocolVersion;
  readonly limits?: Limits;
}
