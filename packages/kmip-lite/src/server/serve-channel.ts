import type { Channel, Clock } from '@vcryptsim/ports';
import type { Limits } from '../limits.js';
import type { Credential } from '../message/credential.js';
import type { Exchange } from './exchange.js';
import type { OperationTable } from './operation-table.js';

/** How to serve one connection. */
export interface ServeOptions<Context> {
  readonly operations: OperationTable<Context>;
  readonly context: Context;
  readonly clock: Clock;
  /** For Time Stamps and {@link OperationCall.nowMs}; default the clock's. */
  readonly nowMs?: () => number;
  /**
   * Judges the message's credential before any item is done; throws KmipError, which is then every item's answer
   * (Authentication Not Successful, Permission Denied). Default: all are admitted.
   */
  readonly admit?: (credential: Credential | undefined, context: Context) => Promise<void>;
  /** Awaited before an answer leaves (audit). A rejection means no answer: the connection is aborted. */
  readonly onExchange?: (exchange: Exchange<Context>) => Promise<void>;
  /** The Vendor Identification and criticality of each Message Extension we know; a critical one that is not is refused. */
  readonly knownExtensions?: readonly string[];
  readonly limits?: Limits;
  /** Until the first byte of the first request; default 10,000. */
  readonly firstRequestTimeoutMs?: number;
  /** Until the first byte of each later request; default 300,000. */
  readonly idleTimeoutMs?: number;
  /** From a request's first byte to its last; default 10,000. */
  readonly messageTimeoutMs?: number;
  /** Until the peer has taken an answer; default 10,000. */
  readonly writeTimeoutMs?: number;
}

/**
 * Serves requests on one connection, in order, until the client ends it, a limit is passed or a message is so broken
 * that nothing behind it can be trusted.
 */
export async function serveChannel<Context>(channel: Channel, options: ServeOptions<Context>): Promise<void> {
  await channel.close();
  throw new Error(`not yet ${typeof options}`);
}
