import { KmipError } from '../errors.js';
import { ResultReason, ResultStatus } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import type { Item } from '../ttlv/item.js';
import { bytes, dateTime, enumeration, integer, item, structure, text } from '../ttlv/values.js';
import type { FieldReader } from './field-reader.js';
import { asMessageExtension } from './message-extension.js';
import type { ProtocolVersion } from './protocol-version.js';
import { asBytes, asDateTime, asInteger, asItems, asNumber, asStructure, asText } from './read-as.js';
import { asProtocolVersion, protocolVersion } from './version-field.js';
import { field } from './write-fields.js';

/** One operation answered. Numbers are kept, since another server may know more of them. */
export interface ResponseItem {
  /** Missing when the server could not read which it was. */
  readonly operation?: number | undefined;
  readonly uniqueBatchItemId?: Uint8Array | undefined;
  readonly status: number;
  readonly reason?: number | undefined;
  readonly message?: string | undefined;
  /** With the status Operation Pending only. */
  readonly correlationValue?: Uint8Array | undefined;
  readonly payload?: readonly Item[] | undefined;
}

/** A response (KMIP 1.1 section 7). */
export interface ResponseMessage {
  readonly version: ProtocolVersion;
  /** Seconds since 1970. */
  readonly timeStamp: number;
  /** Since 1.4: what the request's header carried. */
  readonly clientCorrelationValue?: string | undefined;
  readonly items: readonly ResponseItem[];
}

/** The tree of a response. */
export function responseTree({ version, timeStamp, clientCorrelationValue, items }: ResponseMessage): Item {
  return item(
    Tag.ResponseMessage,
    structure([
      item(
        Tag.ResponseHeader,
        structure([
          item(Tag.ProtocolVersion, protocolVersion(version)),
          item(Tag.TimeStamp, dateTime(timeStamp)),
          ...field(Tag.ClientCorrelationValue, clientCorrelationValue, text),
          item(Tag.BatchCount, integer(items.length)),
        ]),
      ),
      ...items.map((one) =>
        item(
          Tag.BatchItem,
          structure([
            ...field(Tag.Operation, one.operation, enumeration),
            ...field(Tag.UniqueBatchItemID, one.uniqueBatchItemId, bytes),
            item(Tag.ResultStatus, enumeration(one.status)),
            ...field(Tag.ResultReason, one.reason, enumeration),
            ...field(Tag.ResultMessage, one.message, text),
            ...field(Tag.AsynchronousCorrelationValue, one.correlationValue, bytes),
            ...field(Tag.ResponsePayload, one.payload, structure),
          ]),
        ),
      ),
    ]),
  );
}

/**
 * Reads a response's tree; payloads stay items. Unknown fields are passed over, whatever the version.
 *
 * ```
 * Response Message 42007b
 *   Response Header 42007a { Protocol Version, Time Stamp, Batch Count }
 *   Batch Item 42000f * { Operation?, Unique Batch Item ID?, Result Status, Result Reason?, Result Message?,
 *     Asynchronous Correlation Value?, Response Payload?, Message Extension* }
 * ```
 *
 * @throws KmipError INVALID MESSAGE when it is not as it must be
 */
export function readResponse(message: Item): ResponseMessage {
  return asStructure((reader) => {
    const { batchCount, ...header } = reader.required(
      Tag.ResponseHeader,
      asStructure((fields) => ({
        version: fields.required(Tag.ProtocolVersion, asProtocolVersion),
        timeStamp: fields.required(Tag.TimeStamp, asDateTime),
        batchCount: readBatchCount(fields),
      })),
    );
    const items = reader.all(
      Tag.BatchItem,
      asStructure((fields): ResponseItem => {
        const answered = {
          operation: fields.optional(Tag.Operation, asNumber),
          uniqueBatchItemId: fields.optional(Tag.UniqueBatchItemID, asBytes),
          status: fields.required(Tag.ResultStatus, asNumber),
          reason: fields.optional(Tag.ResultReason, asNumber),
          message: fields.optional(Tag.ResultMessage, asText),
          correlationValue: fields.optional(Tag.AsynchronousCorrelationValue, asBytes),
          payload: fields.optional(Tag.ResponsePayload, asItems),
        };
        fields.all(Tag.MessageExtension, asMessageExtension);
        return answered;
      }),
    );
    if (items.length !== batchCount)
      throw new KmipError('InvalidMessage', 'the Batch Count is not the number of items');
    return { ...header, items };
  })(message, tolerant);
}

/** Passes over what stands before the Batch Count since 1.2: nonce, attestation types, correlation values. */
function readBatchCount(fields: FieldReader): number {
  const between = [Tag.Nonce, Tag.AttestationType, Tag.ClientCorrelationValue, Tag.ServerCorrelationValue] as number[];
  while (between.includes(fields.nextTag ?? 0)) fields.optional(fields.nextTag ?? 0, () => null);
  return fields.required(Tag.BatchCount, asInteger);
}

/** Clients read as if under a later minor version: what they do not know they pass over (KMIP 1.1 section 11.1). */
export const tolerant: ProtocolVersion = { major: 1, minor: 5 };

/** An item that failed. */
export function failedItem(
  request: { readonly operation?: number | undefined; readonly uniqueBatchItemId?: Uint8Array | undefined },
  error: KmipError,
): ResponseItem {
  return {
    operation: request.operation,
    uniqueBatchItemId: request.uniqueBatchItemId,
    status: ResultStatus.OperationFailed,
    reason: ResultReason[error.reason],
    message: error.message,
  };
}
