import { KmipError, TtlvError } from '../errors.js';
import type { Limits } from '../limits.js';
import { FieldReader } from '../message/field-reader.js';
import { type ResponseItem, type ResponseMessage, readResponse, tolerant } from '../message/response-message.js';
import { enumerationName } from '../message/tag-names.js';
import { operationCodec, type ResponseOf, type SpokenOperation } from '../operations/operation-codecs.js';
import { Operation, ResultReason, ResultStatus } from '../spec/enumerations.generated.js';
import { decodeTtlv } from '../ttlv/reader.js';
import { KmipClientError } from './client-error.js';
import type { BatchRequest, BatchResult } from './kmip-session.js';

/** A request of a message that was sent, with the Unique Batch Item ID it went out under. */
export interface SentRequest {
  readonly request: BatchRequest;
  readonly uniqueBatchItemId?: Uint8Array | undefined;
}

/**
 * Reads an answer to a batch: one result for each request, in their order. An answer of one failed item without an
 * Operation refuses the message as a whole (PyKMIP's server, with header 1.0).
 *
 * @param frame the answer; byte arrays of the results are views of it
 * @throws KmipClientError PROTOCOL when it is no answer to these requests, with no byte of it in the message
 */
export function readBatchResults(frame: Uint8Array, sent: readonly SentRequest[], limits: Limits): BatchResult[] {
  try {
    const message = readResponse(decodeTtlv(frame, limits));
    return wholeRefusal(message, sent) ?? matchItems(message, sent);
  } catch (error) {
    if (!(error instanceof TtlvError || error instanceof KmipError)) throw error;
    throw new KmipClientError('PROTOCOL', `The server's answer is not sound: ${error.message}.`);
  }
}

function protocol(message: string): KmipClientError {
  return new KmipClientError('PROTOCOL', `The server's answer does not fit the request: ${message}.`);
}

function wholeRefusal({ items }: ResponseMessage, sent: readonly SentRequest[]): BatchResult[] | undefined {
  const [only] = items;
  if (only === undefined) throw protocol('it has no item');
  const isRefusal = items.length === 1 && only.operation === undefined && only.status !== ResultStatus.Success;
  return isRefusal ? sent.map(({ request }) => failure(only, request.operation)) : undefined;
}

function matchItems({ items }: ResponseMessage, sent: readonly SentRequest[]): BatchResult[] {
  const results = sent.map(({ request }): BatchResult => ({ status: 'NotAnswered', operation: request.operation }));
  const answered = new Set<number>();
  for (const [at, one] of items.entries()) {
    const index = one.uniqueBatchItemId === undefined ? at : indexOfId(one.uniqueBatchItemId, sent);
    const request = sent[index]?.request;
    if (request === undefined || answered.has(index)) throw protocol('it answers what was not asked');
    answered.add(index);
    if (one.status === ResultStatus.Success && one.uniqueBatchItemId === undefined && sent[index]?.uniqueBatchItemId) {
      throw protocol('a success does not repeat the Unique Batch Item ID');
    }
    results[index] = readItem(one, request);
  }
  return results;
}

function indexOfId(id: Uint8Array, sent: readonly SentRequest[]): number {
  const isSame = (other: Uint8Array | undefined) =>
    other !== undefined && other.length === id.length && other.every((byte, at) => byte === id[at]);
  return sent.findIndex(({ uniqueBatchItemId }) => isSame(uniqueBatchItemId));
}

function readItem(answer: ResponseItem, request: BatchRequest): BatchResult {
  const { operation } = request;
  const isPoll = operation === 'Poll';
  if (answer.operation !== undefined && answer.operation !== Operation[operation] && !isPoll) {
    throw protocol('it is of another operation');
  }
  switch (answer.status) {
    case ResultStatus.Success:
      return success(answer, request);
    case ResultStatus.OperationPending:
      if (answer.correlationValue === undefined) throw protocol('it is pending without a correlation value');
      return { status: 'OperationPending', operation, correlationValue: answer.correlationValue };
    default:
      return failure(answer, operation);
  }
}

function success<Name extends SpokenOperation>(
  answer: ResponseItem,
  request: BatchRequest & { readonly operation: Name },
): BatchResult {
  const { operation } = request;
  if (answer.payload === undefined) throw protocol('a success has no payload');
  const codec = operationCodec<Name>(operation);
  const reader = new FieldReader(answer.payload, `the answer to ${operation}`, tolerant);
  const payload: ResponseOf<Name> = codec.response.decode(reader);
  const asked = (request.payload as { readonly uniqueIdentifier?: string }).uniqueIdentifier;
  const told = (payload as { readonly uniqueIdentifier?: string }).uniqueIdentifier;
  if (asked !== undefined && told !== undefined && asked !== told && codec.makesAnother !== true) {
    throw protocol('it is about another object');
  }
  return { status: 'Success', operation, payload } as unknown as BatchResult;
}

function failure(answer: ResponseItem, operation: string): BatchResult {
  const reason = answer.reason ?? ResultReason.GeneralFailure;
  return {
    status: answer.status === ResultStatus.OperationUndone ? 'OperationUndone' : 'OperationFailed',
    operation,
    reason: enumerationName(ResultReason, reason) ?? `0x${reason.toString(16)}`,
    resultMessage: answer.message === undefined ? undefined : printable(answer.message),
  };
}

/** A peer's words for a log: at most 256 characters, no control characters. */
function printable(message: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return message.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ').slice(0, 256);
}
