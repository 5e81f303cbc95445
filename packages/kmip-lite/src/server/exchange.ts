import type { ProtocolVersion } from '../message/protocol-version.js';
import type { ResultReason, ResultStatus } from '../spec/enumerations.generated.js';

/** One batch item as it was done: for the audit. */
export interface ExchangedItem {
  /** Name, or number in hexadecimal for one that KMIP 1.1 does not know; undefined when the message was not understood. */
  readonly operation?: string | undefined;
  /** Object that was asked for or made. */
  readonly uniqueIdentifier?: string | undefined;
  readonly status: ResultStatus;
  readonly reason?: ResultReason | undefined;
}

/** A request and its answer, before the answer leaves. Both frames are zeroed afterwards. */
export interface Exchange<Context> {
  readonly context: Context;
  readonly receivedAtMs: number;
  /** Undefined when the header could not be read. */
  readonly version?: ProtocolVersion | undefined;
  /** User name of the header's credential. */
  readonly username?: string | undefined;
  readonly items: readonly ExchangedItem[];
  readonly request: Uint8Array;
  readonly response: Uint8Array;
}
