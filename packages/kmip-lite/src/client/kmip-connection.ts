import { assert, type Channel, ClockError, type KeyId, NetworkError } from '@vcryptsim/ports';
import type { Attribute } from '../attributes/attribute.js';
import { attribute } from '../attributes/standard-values.js';
import { TtlvError } from '../errors.js';
import { answerLimits } from '../limits.js';
import { KMIP_1_1, type ProtocolVersion } from '../message/protocol-version.js';
import { type RequestItem, requestTree } from '../message/request-message.js';
import {
  operationCodec,
  type RequestOf,
  type ResponseOf,
  type SpokenOperation,
} from '../operations/operation-codecs.js';
import type { QueryResponse } from '../operations/query.js';
import { BatchErrorContinuationOption, Operation, type QueryFunction } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import { FrameReader } from '../ttlv/frame-reader.js';
import { encodeTtlv } from '../ttlv/writer.js';
import { readBatchResults, type SentRequest } from './batch-results.js';
import { KmipClientError } from './client-error.js';
import type { KmipClientOptions } from './client-options.js';
import { fetchedKey } from './fetched-key.js';
import type {
  BatchOptions,
  BatchRequest,
  BatchResult,
  CreateKeyOptions,
  FetchedKey,
  KmipSession,
} from './kmip-session.js';

/** A session over one open connection. */
export class KmipConnection implements KmipSession {
  readonly #channel: Channel;
  readonly #frames: FrameReader;
  readonly #options: KmipClientOptions;
  #busy = false;
  #counted = 0;

  constructor(channel: Channel, options: KmipClientOptions) {
    this.#channel = channel;
    this.#options = options;
    this.#frames = new FrameReader(channel, Tag.ResponseMessage, options.limits ?? answerLimits);
  }

  /** Ends the connection in order; one that has ended already is left as it is. */
  async close(): Promise<void> {
    this.#frames.dispose();
    await this.#channel.close().catch((error: unknown) => {
      if (!(error instanceof NetworkError)) throw error;
    });
  }

  async discoverVersions(o?: {
    readonly offered?: readonly ProtocolVersion[];
    readonly withBatchItemId?: boolean;
  }): Promise<ProtocolVersion[]> {
    const { versions } = await this.#single(
      'DiscoverVersions',
      { versions: o?.offered ?? [] },
      {
        withBatchItemIds: o?.withBatchItemId ?? true,
      },
    );
    return [...versions];
  }

  query(functions: readonly QueryFunction[]): Promise<QueryResponse> {
    return this.perform('Query', { functions });
  }

  async create({ algorithm, lengthBits, usageMask, attributes = [] }: CreateKeyOptions): Promise<KeyId> {
    const { uniqueIdentifier } = await this.perform('Create', {
      objectType: 'SymmetricKey',
      templateAttribute: {
        attributes: [
          attribute('Cryptographic Algorithm', algorithm),
          attribute('Cryptographic Usage Mask', usageMask),
          attribute('Cryptographic Length', lengthBits),
          ...attributes,
        ],
      },
    });
    return uniqueIdentifier as KeyId;
  }

  get<T>(id: KeyId, { take }: { readonly take: (view: Uint8Array) => T }): Promise<FetchedKey<T>> {
    return this.exchange([{ operation: 'Get', payload: { uniqueIdentifier: id } }], ([result]) =>
      fetchedKey(succeeded('Get', result).object, take),
    );
  }

  async getAttributes(id: KeyId, names: readonly string[]): Promise<Attribute[]> {
    const { attributes } = await this.perform('GetAttributes', { uniqueIdentifier: id, attributeNames: names });
    return [...attributes];
  }

  async addAttribute(id: KeyId, added: Attribute): Promise<void> {
    await this.perform('AddAttribute', { uniqueIdentifier: id, attribute: added });
  }

  async activate(id: KeyId): Promise<void> {
    await this.perform('Activate', { uniqueIdentifier: id });
  }

  perform<Name extends Exclude<SpokenOperation, 'Get'>>(
    operation: Name,
    payload: RequestOf<Name>,
  ): Promise<ResponseOf<Name>> {
    return this.#single(operation, payload, {});
  }

  batch(requests: readonly Exclude<BatchRequest, { operation: 'Get' }>[], o?: BatchOptions): Promise<BatchResult[]> {
    return this.exchange(requests, (results) => [...results], o);
  }

  async exchange<T>(
    requests: readonly BatchRequest[],
    read: (results: readonly BatchResult[]) => T,
    o: BatchOptions = {},
  ): Promise<T> {
    assert(requests.length > 0, 'a message has at least one batch item');
    const sent = requests.map(
      (request, index): SentRequest => ({ request, uniqueBatchItemId: this.#idAt(index + 1, requests, o) }),
    );
    const frame = await this.#roundTrip(this.#encode(sent, o));
    let keepsViews = false;
    try {
      const result = read(readBatchResults(frame, sent, this.#options.limits ?? answerLimits));
      // An answer without a Get holds no key material, and who read it may keep views of it.
      keepsViews = requests.every(({ operation }) => operation !== 'Get');
      return result;
    } finally {
      if (!keepsViews) frame.fill(0);
    }
  }

  async #single<Name extends SpokenOperation>(
    operation: Name,
    payload: RequestOf<Name>,
    o: BatchOptions,
  ): Promise<ResponseOf<Name>> {
    const request = { operation, payload } as unknown as BatchRequest;
    return this.exchange([request], ([result]) => succeeded(operation, result), o);
  }

  #idAt(place: number, requests: readonly BatchRequest[], o: BatchOptions): Uint8Array | undefined {
    if (o.withBatchItemIds === false && requests.length === 1) return undefined;
    return this.#options.batchItemIds?.(place) ?? this.#count();
  }

  #count(): Uint8Array {
    this.#counted += 1;
    const id = new Uint8Array(4);
    new DataView(id.buffer).setUint32(0, this.#counted);
    return id;
  }

  #encode(sent: readonly SentRequest[], o: BatchOptions): Uint8Array {
    const onlyDiscovers = sent.every(({ request }) => request.operation === 'DiscoverVersions');
    const items = sent.map(({ request, uniqueBatchItemId }): RequestItem => {
      const codec = operationCodec(request.operation);
      const payload = codec.request.encode(request.payload as RequestOf<typeof request.operation>);
      return { operation: Operation[request.operation], uniqueBatchItemId, payload };
    });
    const header = {
      version: this.#options.version ?? KMIP_1_1,
      maximumResponseSize: o.maximumResponseSizeBytes,
      asynchronous: o.asynchronous,
      credential: onlyDiscovers ? undefined : this.#options.credential,
      errorContinuation:
        o.errorContinuation === undefined ? undefined : BatchErrorContinuationOption[o.errorContinuation],
    };
    return encodeTtlv(requestTree({ header, items }));
  }

  /** Sends one message in one write and waits for the whole answer. */
  async #roundTrip(request: Uint8Array): Promise<Uint8Array> {
    assert(!this.#busy, 'a session does one exchange after the other');
    this.#busy = true;
    const { clock, timeoutMs } = this.#options;
    const work = async (): Promise<Uint8Array> => {
      if (this.#frames.leftBytes > 0) throw new TtlvError('TRAILING_BYTES', 0, 'there is more than was asked for');
      await this.#channel.write(request);
      return this.#frames.next();
    };
    try {
      return await clock.within(timeoutMs, work(), () => void this.#channel.abort().catch(() => {}));
    } catch (error) {
      const answerBytes = this.#frames.leftBytes;
      this.#frames.dispose();
      throw connectionError(error, timeoutMs, answerBytes);
    } finally {
      request.fill(0);
      this.#busy = false;
    }
  }
}

/** What the caller is told of an exchange that did not come to an answer. */
function connectionError(error: unknown, timeoutMs: number, answerBytes: number): unknown {
  const part = `${answerBytes} ${answerBytes === 1 ? 'byte' : 'bytes'} of its answer`;
  if (error instanceof ClockError && error.code === 'TIMED_OUT') {
    const says =
      answerBytes === 0
        ? `The key server did not answer within ${timeoutMs} ms.`
        : `The key server sent ${part}, and not the rest within ${timeoutMs} ms.`;
    return new KmipClientError('TIMED_OUT', says, { answerBytes });
  }
  if (error instanceof NetworkError || (error instanceof TtlvError && error.code === 'TRUNCATED')) {
    const says =
      answerBytes === 0
        ? 'The key server ended the connection before its answer; it may not trust our certificate.'
        : `The key server ended the connection after ${part}.`;
    return new KmipClientError('CONNECTION_CLOSED', says, { answerBytes });
  }
  if (error instanceof TtlvError) {
    return new KmipClientError('PROTOCOL', `What the server sent is no KMIP answer: ${error.message}.`);
  }
  return error;
}

/** Payload of a result that must be a success. */
function succeeded<Name extends SpokenOperation>(operation: Name, result: BatchResult | undefined): ResponseOf<Name> {
  assert(result !== undefined, 'each request has a result');
  if (result.status === 'Success') return result.payload as ResponseOf<Name>;
  if (result.status === 'OperationFailed' || result.status === 'OperationUndone') {
    const words = result.resultMessage === undefined ? '' : `: ${result.resultMessage}`;
    throw new KmipClientError('OPERATION_FAILED', `${operation} failed with ${result.reason}${words}`, result);
  }
  throw new KmipClientError('PROTOCOL', `The server left ${operation} without a result.`);
}
