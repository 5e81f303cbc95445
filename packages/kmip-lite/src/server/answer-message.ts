import { KmipError, TtlvError } from '../errors.js';
import { answerLimits, defaultLimits, type Limits } from '../limits.js';
import { KMIP_1_1, KMIP_1_4, type ProtocolVersion } from '../message/protocol-version.js';
import { type RequestItem, type RequestMessage, readRequest, requestVersion } from '../message/request-message.js';
import { failedItem, responseTree } from '../message/response-message.js';
import { BatchErrorContinuationOption, ResultStatus } from '../spec/enumerations.generated.js';
import { decodeTtlv } from '../ttlv/reader.js';
import { encodeTtlv } from '../ttlv/writer.js';
import { AnswerRoom } from './answer-room.js';
import type { ExchangedItem } from './exchange.js';
import { type FaultSink, generalFailure, report } from './fault.js';
import type { OperationCall } from './operation-table.js';
import { type BatchState, type PerformedItem, performItem, refuseItem } from './perform-item.js';
import type { ServeOptions } from './serve-options.js';
import { spokenVersion } from './version-gate.js';
import { wipeKeyMaterial } from './wipe-key-material.js';

/** A message's answer, encoded, and what the audit wants to know of it. */
export interface Answer {
  readonly response: Uint8Array;
  readonly items: readonly ExchangedItem[];
  readonly version?: ProtocolVersion | undefined;
  readonly username?: string | undefined;
  /** The message was too broken to trust anything behind it. */
  readonly last: boolean;
}

/** Answers one whole message. Batch items are done in order, one after the other. Rejects for no input. */
export async function answerMessage<Context>(
  frame: Uint8Array,
  receivedAtMs: number,
  options: ServeOptions<Context>,
  signal: AbortSignal = new AbortController().signal,
): Promise<Answer> {
  const limits = options.limits ?? defaultLimits;
  let version: ProtocolVersion | undefined;
  let message: RequestMessage;
  try {
    const tree = decodeTtlv(frame, limits);
    version = requestVersion(tree);
    message = readRequest(tree);
    checkBatch(message, limits);
  } catch (error) {
    const refused = refuseMessage(error, receivedAtMs, version, options.onFault, options.newestVersion);
    // A client that began with KMIP 2 may go on with an older version on the same connection.
    return { ...refused, last: version === undefined || version.major <= 1 };
  }
  const performed = await performBatch(message, frame.length, receivedAtMs, options, signal);
  const answer = encodeAnswer(message, performed, receivedAtMs, options);
  const credential = message.header.credential;
  const username = credential?.type === 'UsernameAndPassword' ? credential.username : undefined;
  return { ...answer, version: message.header.version, username, last: false };
}

/**
 * Answers what is no request: one item without an Operation, Operation Failed, Invalid Message (KMIP 1.1 section 7). The
 * header carries the request's version if that is one of KMIP 1, else 1.1, which every client reads. An error that is neither TtlvError nor
 * KmipError is told as General Failure and reported.
 */
export function refuseMessage(
  error: unknown,
  nowMs: number,
  version?: ProtocolVersion,
  onFault?: FaultSink,
  newest: ProtocolVersion = KMIP_1_4,
): Answer {
  const refusal = refusalOf(error, onFault);
  const response = encodeTtlv(
    responseTree({
      version: version?.major === 1 && version.minor >= 0 ? spokenVersion(version, newest) : KMIP_1_1,
      timeStamp: Math.floor(nowMs / 1000),
      items: [failedItem({}, refusal)],
    }),
  );
  return { response, items: [{ status: 'OperationFailed', reason: refusal.reason }], version, last: true };
}

function refusalOf(error: unknown, onFault: FaultSink | undefined): KmipError {
  if (error instanceof TtlvError) return new KmipError('InvalidMessage', error.message);
  if (error instanceof KmipError) return error;
  report(onFault, { error });
  return generalFailure();
}

function checkBatch({ header, items }: RequestMessage, limits: Limits): void {
  const refuse = (message: string): never => {
    throw new KmipError('InvalidMessage', message);
  };
  if (items.length === 0) refuse('the request has no batch item');
  if (items.length > limits.batchItems) refuse(`a request has at most ${limits.batchItems} batch items`);
  if ((header.maximumResponseSize ?? 1) <= 0) refuse('the Maximum Response Size must be above 0');
  const seen = new Set<string>();
  for (const { uniqueBatchItemId } of items) {
    if (uniqueBatchItemId === undefined) {
      if (items.length > 1) refuse('each item of a batch needs a Unique Batch Item ID');
      continue;
    }
    if (uniqueBatchItemId.length > limits.batchItemIdBytes) refuse('a Unique Batch Item ID is longer than the limit');
    const key = uniqueBatchItemId.join();
    if (seen.has(key)) refuse('a Unique Batch Item ID is there twice');
    seen.add(key);
  }
}

async function performBatch<Context>(
  { header, items }: RequestMessage,
  lengthBytes: number,
  receivedAtMs: number,
  options: ServeOptions<Context>,
  signal: AbortSignal,
): Promise<PerformedItem[]> {
  const refusal = await refusalOfAll(header, items, options);
  if (refusal !== undefined) return items.map((one) => refuseItem(one, refusal));
  const call: OperationCall<Context> = {
    context: options.contextOf?.({ lengthBytes, signal }) ?? options.context,
    version: spokenVersion(header.version, options.newestVersion),
    newestVersion: options.newestVersion ?? KMIP_1_4,
    credential: header.credential,
    asynchronousAllowed: header.asynchronous ?? false,
    signal,
    nowMs: receivedAtMs,
  };
  const state: BatchState<Context> = {
    operations: options.operations,
    header,
    call,
    knownExtensions: options.knownExtensions ?? [],
    onFault: options.onFault,
    placeholder: null,
  };
  const goesOn = header.errorContinuation === BatchErrorContinuationOption.Continue;
  const room = new AnswerRoom(header.maximumResponseSize);
  const performed: PerformedItem[] = [];
  for (const [place, item] of items.entries()) {
    // What was done is audited still; nobody reads the rest.
    if (signal.aborted && place > 0) break;
    const refused = room.refuses(item);
    const before = () => options.beforeItem?.(call.context, place);
    const one = refused ?? room.take(item, await performItem(item, state, before));
    performed.push(one);
    if (one.response.status === ResultStatus.OperationFailed && !goesOn) break;
  }
  return performed;
}

/** Why no item of the message is done, if so. */
async function refusalOfAll<Context>(
  { errorContinuation, credential }: RequestMessage['header'],
  items: readonly RequestItem[],
  options: ServeOptions<Context>,
): Promise<KmipError | undefined> {
  const { Stop, Continue, Undo } = BatchErrorContinuationOption;
  if (errorContinuation === Undo) return new KmipError('FeatureNotSupported', 'batches cannot be undone');
  if (errorContinuation !== undefined && errorContinuation !== Stop && errorContinuation !== Continue) {
    return new KmipError('InvalidField', 'this is not a Batch Error Continuation Option');
  }
  try {
    const operations = items.map((item) => item.operation);
    await options.admit?.(credential, options.context, operations);
    return undefined;
  } catch (error) {
    return refusalOf(error, options.onFault);
  }
}

function encodeAnswer(
  { header, items }: RequestMessage,
  performed: readonly PerformedItem[],
  nowMs: number,
  { onFault, newestVersion }: Pick<ServeOptions<unknown>, 'onFault' | 'newestVersion'>,
): { response: Uint8Array; items: ExchangedItem[] } {
  const encode = (results: readonly PerformedItem[]): Uint8Array => {
    const tree = responseTree({
      version: spokenVersion(header.version, newestVersion),
      timeStamp: Math.floor(nowMs / 1000),
      clientCorrelationValue: header.clientCorrelationValue,
      items: results.map((one) => one.response),
    });
    const response = encodeTtlv(tree);
    wipeKeyMaterial(tree);
    return response;
  };
  const refuseAll = (refusal: KmipError) => {
    const refused = performed.map((one, at) =>
      refuseItem(items[at] as RequestItem, refusal, one.exchanged.uniqueIdentifier),
    );
    return { response: encode(refused), items: refused.map((one) => one.exchanged) };
  };
  let response: Uint8Array;
  try {
    response = encode(performed);
  } catch (error) {
    // A handler's answer that cannot be written.
    report(onFault, { error });
    return refuseAll(generalFailure());
  }
  if (response.length <= Math.min(header.maximumResponseSize ?? answerLimits.messageBytes, answerLimits.messageBytes)) {
    return { response, items: performed.map((one) => one.exchanged) };
  }
  response.fill(0);
  return refuseAll(new KmipError('ResponseTooLarge', 'the answer is longer than the Maximum Response Size or 2 MiB'));
}
