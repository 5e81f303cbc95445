import type { Clock } from '@vcryptsim/ports';
import type { Limits } from '../limits.js';
import type { Credential } from '../message/credential.js';
import type { ProtocolVersion } from '../message/protocol-version.js';
import type { Exchange } from './exchange.js';
import type { FaultSink } from './fault.js';
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
   * (Authentication Not Successful, Permission Denied). `operations` are the numbers of the operations that the message
   * asks for. Default: all are admitted.
   */
  readonly admit?: (
    credential: Credential | undefined,
    context: Context,
    operations: readonly number[],
  ) => Promise<void>;
  /** Awaited before an answer leaves (audit). A rejection means no answer: the connection is aborted. */
  readonly onExchange?: (exchange: Exchange<Context>) => Promise<void>;
  /** Vendor Identifications of the Message Extensions that are understood; a critical one of another vendor is refused. */
  readonly knownExtensions?: readonly string[];
  /** Told of every error that nobody expected, after it became an answer or the connection's end. */
  readonly onFault?: FaultSink | undefined;
  /** Makes the context of one message: of its length, and of a signal as {@link OperationCall.signal}. */
  readonly contextOf?: (o: { readonly lengthBytes: number; readonly signal: AbortSignal }) => Context;
  /** Awaited before each batch item, with its place from 0: yields to others. When it rejects, that item fails with it. */
  readonly beforeItem?: (context: Context, place: number) => Promise<void>;
  readonly limits?: Limits;
  /** Newest version to speak; default 1.4. A server that is held to 1.1 answers as one that knows no later version. */
  readonly newestVersion?: ProtocolVersion | undefined;
  /** Until the first byte of the first request; default 10,000. */
  readonly firstRequestTimeoutMs?: number;
  /** Until the first byte of each later request; default 300,000. */
  readonly idleTimeoutMs?: number;
  /** From a request's first byte to its last; default 10,000. */
  readonly messageTimeoutMs?: number;
  /**
   * Who sends slower than this over several requests uses that time limit up, and is left with what remains of it for
   * the next one; default 1,024.
   */
  readonly slowestBytesPerSecond?: number;
  /** Until the peer has taken an answer; default 10,000. */
  readonly writeTimeoutMs?: number;
}
