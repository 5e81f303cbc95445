import { KmipError } from '../errors.js';
import { FieldReader } from '../message/field-reader.js';
import type { RequestHeader, RequestItem } from '../message/request-message.js';
import { failedItem, type ResponseItem } from '../message/response-message.js';
import { enumerationName } from '../message/tag-names.js';
import { answerDiscoverVersions } from '../operations/discover-versions.js';
import {
  isSpoken,
  operationCodec,
  type RequestOf,
  type ResponseOf,
  type SpokenOperation,
} from '../operations/operation-codecs.js';
import { Operation, ResultStatus } from '../spec/enumerations.generated.js';
import type { ExchangedItem } from './exchange.js';
import { type FaultSink, generalFailure, report } from './fault.js';
import { type Addressed, Finished, type OperationCall, type OperationTable, Pending } from './operation-table.js';
import { gate, operationExistsIn } from './version-gate.js';

/** What the items of one message share. */
export interface BatchState<Context> {
  readonly operations: OperationTable<Context>;
  readonly header: RequestHeader;
  readonly call: OperationCall<Context>;
  readonly knownExtensions: readonly string[];
  readonly onFault?: FaultSink | undefined;
  /** Identifier that items without one mean; empty at the start of every message. */
  placeholder: string | null;
}

/** One item, done or failed, for the answer and for the audit. */
export interface PerformedItem {
  readonly response: ResponseItem;
  readonly exchanged: ExchangedItem;
}

/** Name of an operation's number, or the number in hexadecimal. */
export function operationName(number: number): string {
  return enumerationName(Operation, number) ?? `0x${number.toString(16).padStart(8, '0')}`;
}

/** Answers an item with a failure. */
export function refuseItem(request: RequestItem, error: KmipError, uniqueIdentifier?: string): PerformedItem {
  const exchanged: ExchangedItem = {
    operation: operationName(request.operation),
    uniqueIdentifier,
    status: 'OperationFailed',
    reason: error.reason,
  };
  return { response: failedItem(request, error), exchanged };
}

/**
 * Does one batch item: reads its payload, fills in the ID Placeholder, calls the handler, writes its answer. This is an
 * item's border: whatever is thrown inside becomes its answer, what is no KmipError as General Failure.
 */
export async function performItem<Context>(
  request: RequestItem,
  state: BatchState<Context>,
  before?: () => Promise<void> | undefined,
): Promise<PerformedItem> {
  const seen: { uniqueIdentifier?: string } = {};
  try {
    await before?.();
    const name = operationName(request.operation);
    if (!isSpoken(name) || !operationExistsIn(request.operation, state.call.version)) {
      throw new KmipError('OperationNotSupported', `${name} is not supported`);
    }
    for (const extension of request.extensions ?? []) {
      if (extension.critical && !state.knownExtensions.includes(extension.vendorIdentification)) {
        throw new KmipError('FeatureNotSupported', 'a critical message extension is not understood');
      }
    }
    return await performOperation(name, request, state, seen);
  } catch (error) {
    if (error instanceof KmipError) return refuseItem(request, error, seen.uniqueIdentifier);
    report(state.onFault, { error, operation: operationName(request.operation) });
    return refuseItem(request, generalFailure(), seen.uniqueIdentifier);
  }
}

async function performOperation<Name extends SpokenOperation, Context>(
  name: Name,
  item: RequestItem,
  state: BatchState<Context>,
  seen: { uniqueIdentifier?: string },
): Promise<PerformedItem> {
  const handler = state.operations[name] ?? defaultHandler(name);
  if (handler === undefined) throw new KmipError('OperationNotSupported', `${name} is not supported`);
  const request = readPayload(name, item, state);
  const identifier = identifierOf(request);
  if (identifier !== undefined) seen.uniqueIdentifier = identifier;

  const answer = await handler(request, state.call);

  if (answer instanceof Pending) return pendingItem(item, name, answer, seen.uniqueIdentifier);
  const finished = answer instanceof Finished ? answer : new Finished(name, answer as ResponseOf<Name>);
  const codec = operationCodec(finished.operation);
  const placed = codec.placeholder?.(finished.payload);
  if (placed !== undefined) state.placeholder = placed;
  const made = identifierOf(finished.payload) ?? seen.uniqueIdentifier;
  return {
    response: {
      operation: Operation[finished.operation],
      uniqueBatchItemId: item.uniqueBatchItemId,
      status: ResultStatus.Success,
      payload: gate(codec.response.encode(finished.payload), state.call.version),
    },
    exchanged: { operation: name, uniqueIdentifier: made, status: 'Success' },
  };
}

function readPayload<Name extends SpokenOperation, Context>(
  name: Name,
  { payload }: RequestItem,
  state: BatchState<Context>,
): Addressed<RequestOf<Name>> {
  if (payload === undefined) throw new KmipError('InvalidMessage', 'the batch item has no payload');
  const reader = new FieldReader(payload, `the ${name} request`, state.header.version);
  const request = operationCodec(name).request.decode(reader);
  reader.end();
  if (!Object.hasOwn(request as object, 'uniqueIdentifier') || identifierOf(request) !== undefined) {
    return request as Addressed<RequestOf<Name>>;
  }
  if (state.placeholder === null) {
    // After a Locate that found nothing this is what OASIS' case 15.2 of KMIP 1.1 expects.
    throw new KmipError('ItemNotFound', 'the request names no object and the ID Placeholder is empty');
  }
  return { ...(request as object), uniqueIdentifier: state.placeholder } as Addressed<RequestOf<Name>>;
}

function identifierOf(payload: unknown): string | undefined {
  const identifier = (payload as { readonly uniqueIdentifier?: unknown }).uniqueIdentifier;
  return typeof identifier === 'string' ? identifier : undefined;
}

function pendingItem(
  item: RequestItem,
  operation: string,
  { correlationValue }: Pending,
  uniqueIdentifier: string | undefined,
): PerformedItem {
  const { operation: number, uniqueBatchItemId } = item;
  return {
    response: { operation: number, uniqueBatchItemId, status: ResultStatus.OperationPending, correlationValue },
    exchanged: { operation, uniqueIdentifier, status: 'OperationPending' },
  };
}

/** Discover Versions needs no policy: what we speak is a fact of this package. */
function defaultHandler<Name extends SpokenOperation>(
  name: Name,
): ((request: Addressed<RequestOf<Name>>, call: OperationCall<unknown>) => Promise<ResponseOf<Name>>) | undefined {
  if (name !== 'DiscoverVersions') return undefined;
  return async (request, { newestVersion }) =>
    answerDiscoverVersions(request as RequestOf<'DiscoverVersions'>, newestVersion) as ResponseOf<Name>;
}
