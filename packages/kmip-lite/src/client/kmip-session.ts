import type { KeyId } from '@vcryptsim/ports';
import type { Attribute } from '../attributes/attribute.js';
import type { ProtocolVersion } from '../message/protocol-version.js';
import type { RequestOf, ResponseOf, SpokenOperation } from '../operations/operation-codecs.js';
import type { QueryResponse } from '../operations/query.js';
import type { CryptographicAlgorithm, ObjectType, QueryFunction } from '../spec/enumerations.generated.js';

/** One item of a batch. */
export type BatchRequest = {
  readonly [Name in SpokenOperation]: { readonly operation: Name; readonly payload: RequestOf<Name> };
}[SpokenOperation];

/** What became of one item. `NotAnswered`: the server stopped before it, or answered only for the whole message. */
export type BatchResult =
  | {
      readonly [Name in SpokenOperation]: {
        readonly status: 'Success';
        readonly operation: Name;
        readonly payload: ResponseOf<Name>;
      };
    }[SpokenOperation]
  | { readonly status: 'OperationPending'; readonly operation: string; readonly correlationValue: Uint8Array }
  | {
      readonly status: 'OperationFailed' | 'OperationUndone';
      readonly operation: string;
      /** Name of the Result Reason, or its number in hexadecimal. */
      readonly reason: string;
      readonly resultMessage?: string | undefined;
    }
  | { readonly status: 'NotAnswered'; readonly operation: string };

/** What Create shall make. */
export interface CreateKeyOptions {
  readonly algorithm: CryptographicAlgorithm;
  readonly lengthBits: number;
  /** Bits of CryptographicUsageMask; vCenter sends Encrypt | Decrypt = 0x0c. */
  readonly usageMask: number;
  /** More attributes, behind the three. */
  readonly attributes?: readonly Attribute[];
}

/** A key that was fetched, without its bytes. */
export interface FetchedKey<T> {
  readonly objectType: ObjectType;
  readonly algorithm: CryptographicAlgorithm;
  readonly lengthBits: number;
  /** What `take` made of the bytes. */
  readonly taken: T;
}

/**
 * The operations over one open connection, one after the other. Every method rejects with KmipClientError (TIMED_OUT,
 * CONNECTION_CLOSED, PROTOCOL, OPERATION_FAILED with reason and resultMessage); after the first three the connection is
 * of no use any more.
 */
export interface KmipSession {
  /**
   * @param o.offered versions to choose from; none asks for all
   * @param o.withBatchItemId false leaves the Unique Batch Item ID out, as vCenter does on a connection's first frame
   */
  discoverVersions(o?: {
    readonly offered?: readonly ProtocolVersion[];
    readonly withBatchItemId?: boolean;
  }): Promise<ProtocolVersion[]>;
  query(functions: readonly QueryFunction[]): Promise<QueryResponse>;
  /** Attributes go out in vCenter's order: algorithm, usage mask, length, then the others. */
  create(o: CreateKeyOptions): Promise<KeyId>;
  /**
   * Fetches a key in clear (Raw). `take` is called synchronously with a view of the key bytes (32 for AES-256), once the
   * answer is found to be sound: the asked identifier, a Raw key, a length that agrees with its bytes. When `take` has
   * returned or thrown, the frame with the view is zeroed.
   */
  get<T>(id: KeyId, o: { readonly take: (view: Uint8Array) => T }): Promise<FetchedKey<T>>;
  /** @param names none asks for all; an attribute that the object lacks is missing in the answer */
  getAttributes(id: KeyId, names: readonly string[]): Promise<Attribute[]>;
  addAttribute(id: KeyId, attribute: Attribute): Promise<void>;
  activate(id: KeyId): Promise<void>;
  /** One operation of any kind but Get; the payload's byte arrays stay valid. */
  perform<Name extends Exclude<SpokenOperation, 'Get'>>(
    operation: Name,
    payload: RequestOf<Name>,
  ): Promise<ResponseOf<Name>>;
  /**
   * Several operations in one message. Failures of single items are results, not errors.
   *
   * @param requests at least one; no Get (its bytes would outlive the frame): see `exchange`
   */
  batch(requests: readonly Exclude<BatchRequest, { operation: 'Get' }>[], o?: BatchOptions): Promise<BatchResult[]>;
  /**
   * Several operations in one message, Get among them. `read` is called synchronously with one result for each request;
   * when it has returned or thrown, the answer's frame is zeroed: it keeps copies, not views.
   */
  exchange<T>(
    requests: readonly BatchRequest[],
    read: (results: readonly BatchResult[]) => T,
    o?: BatchOptions,
  ): Promise<T>;
}

/** Header fields of one message. */
export interface BatchOptions {
  /** `Stop` (the protocol's default) ends at the first failure, `Continue` does the rest. */
  readonly errorContinuation?: 'Stop' | 'Continue';
  /** False leaves Unique Batch Item IDs out where the protocol allows it (a single item). Default true. */
  readonly withBatchItemIds?: boolean;
  readonly maximumResponseSizeBytes?: number;
  /** Permits the answer OperationPending. */
  readonly asynchronous?: boolean;
}
