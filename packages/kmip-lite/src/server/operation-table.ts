import type { Credential } from '../message/credential.js';
import type { ProtocolVersion } from '../message/protocol-version.js';
import {
  operationCodecs,
  type RequestOf,
  type ResponseOf,
  type SpokenOperation,
} from '../operations/operation-codecs.js';

/** What a handler knows beside its payload. */
export interface OperationCall<Context> {
  /** What `serveChannel` was given: who is connected, the store. */
  readonly context: Context;
  /** Version of the request's header, or the newest that the server speaks where that is older. */
  readonly version: ProtocolVersion;
  /** The newest version that the server speaks. */
  readonly newestVersion: ProtocolVersion;
  /** Credential of the request's header. Its password is a view of the frame, zeroed after the answer. */
  readonly credential?: Credential | undefined;
  /** The client permits the answer {@link Pending}. */
  readonly asynchronousAllowed: boolean;
  /** Fires when nobody waits for the answer any more: the client is gone, or the server ends. */
  readonly signal?: AbortSignal | undefined;
  /** Time when the message had arrived, milliseconds since 1970; the same for all items of a batch. */
  readonly nowMs: number;
}

/** Answer of a handler that goes on after the response: the client asks again by Poll. */
export class Pending {
  constructor(readonly correlationValue: Uint8Array) {}
}

/** Answer of Poll: what the finished operation would have answered. */
export class Finished<Name extends SpokenOperation = SpokenOperation> {
  constructor(
    readonly operation: Name,
    readonly payload: ResponseOf<Name>,
  ) {}
}

/** A request whose identifier the server filled in from the ID Placeholder where the client had left it out. */
export type Addressed<Request> = 'uniqueIdentifier' extends keyof Request
  ? Omit<Request, 'uniqueIdentifier'> & { readonly uniqueIdentifier: string }
  : Request;

/**
 * Does one operation. Byte arrays of the request are views of the frame, zeroed after the answer: keep copies. Key
 * material in the response is handed over and zeroed once it is encoded. Throws KmipError for what the client is told;
 * any other error is answered as General Failure and reported to `onFault`.
 */
export type OperationHandler<Name extends SpokenOperation, Context> = (
  request: Addressed<RequestOf<Name>>,
  call: OperationCall<Context>,
) => Promise<ResponseOf<Name> | Pending | Finished>;

/** What a server serves; every other operation is answered with Operation Not Supported. */
export type OperationTable<Context> = {
  readonly [Name in SpokenOperation]?: OperationHandler<Name, Context>;
};

/** Names of the operations in a table, in the order of the specification: what Query shall tell. */
export function servedOperations<Context>(table: OperationTable<Context>): SpokenOperation[] {
  const names = Object.keys(operationCodecs) as SpokenOperation[];
  return names.filter((name) => name === 'DiscoverVersions' || table[name] !== undefined);
}
