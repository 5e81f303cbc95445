import { KmipError } from '../errors.js';
import { Tag } from '../spec/tags.generated.js';
import type { Item } from '../ttlv/item.js';
import { boolean, bytes, dateTime, enumeration, integer, item, structure } from '../ttlv/values.js';
import { type Credential, credentialCodec } from './credential.js';
import type { FieldReader } from './field-reader.js';
import { asMessageExtension, type MessageExtension, messageExtension } from './message-extension.js';
import type { ProtocolVersion } from './protocol-version.js';
import { asBoolean, asBytes, asDateTime, asInteger, asItems, asNumber, asStructure } from './read-as.js';
import { asStructureOf, structureOf } from './structure-codec.js';
import { asProtocolVersion, protocolVersion } from './version-field.js';
import { field, fields } from './write-fields.js';

/** Header of a request (KMIP 1.1 section 7.2). */
export interface RequestHeader {
  readonly version: ProtocolVersion;
  /** Bytes that the whole answer may have. */
  readonly maximumResponseSize?: number | undefined;
  /** The client permits the answer Operation Pending. */
  readonly asynchronous?: boolean | undefined;
  readonly credential?: Credential | undefined;
  /** Number of a Batch Error Continuation Option; Stop if missing. */
  readonly errorContinuation?: number | undefined;
  readonly batchOrder?: boolean | undefined;
  /** Seconds since 1970. */
  readonly timeStamp?: number | undefined;
}

/** One operation asked for. Its payload is read later, so that a bad one fails alone. */
export interface RequestItem {
  /** Number of the operation. */
  readonly operation: number;
  readonly uniqueBatchItemId?: Uint8Array | undefined;
  readonly payload?: readonly Item[] | undefined;
  readonly extensions?: readonly MessageExtension[] | undefined;
}

/** A request (KMIP 1.1 section 7). */
export interface RequestMessage {
  readonly header: RequestHeader;
  readonly items: readonly RequestItem[];
}

/** The tree of a request; the Batch Count is the number of items. */
export function requestTree({ header, items }: RequestMessage): Item {
  const credential = (value: Credential) => structure([item(Tag.Credential, structureOf(credentialCodec)(value))]);
  return item(
    Tag.RequestMessage,
    structure([
      item(
        Tag.RequestHeader,
        structure([
          item(Tag.ProtocolVersion, protocolVersion(header.version)),
          ...field(Tag.MaximumResponseSize, header.maximumResponseSize, integer),
          ...field(Tag.AsynchronousIndicator, header.asynchronous, boolean),
          ...field(Tag.Authentication, header.credential, credential),
          ...field(Tag.BatchErrorContinuationOption, header.errorContinuation, enumeration),
          ...field(Tag.BatchOrderOption, header.batchOrder, boolean),
          ...field(Tag.TimeStamp, header.timeStamp, dateTime),
          item(Tag.BatchCount, integer(items.length)),
        ]),
      ),
      ...items.map((one) =>
        item(
          Tag.BatchItem,
          structure([
            item(Tag.Operation, enumeration(one.operation)),
            ...field(Tag.UniqueBatchItemID, one.uniqueBatchItemId, bytes),
            ...field(Tag.RequestPayload, one.payload, structure),
            ...fields(Tag.MessageExtension, one.extensions, messageExtension),
          ]),
        ),
      ),
    ]),
  );
}

/**
 * Version in a request's header, undefined when it cannot be read: what an answer to a broken message needs.
 */
export function requestVersion(message: Item): ProtocolVersion | undefined {
  const header = message.type === 'Structure' ? message.items[0] : undefined;
  const first = header?.tag === Tag.RequestHeader && header.type === 'Structure' ? header.items[0] : undefined;
  if (first === undefined || first.tag !== Tag.ProtocolVersion) return undefined;
  try {
    return asProtocolVersion(first, { major: 1, minor: 1 });
  } catch {
    return undefined;
  }
}

/**
 * Reads a request's tree; payloads stay items.
 *
 * ```
 * Request Message 420078
 *   Request Header 420077 { Protocol Version, Maximum Response Size?, Asynchronous Indicator?, Authentication? {
 *     Credential }, Batch Error Continuation Option?, Batch Order Option?, Time Stamp?, Batch Count }
 *   Batch Item 42000f * { Operation, Unique Batch Item ID?, Request Payload, Message Extension* }
 * ```
 *
 * @throws KmipError INVALID MESSAGE (or INVALID FIELD) when header and items are not as they must be; nothing was done then
 */
export function readRequest(message: Item): RequestMessage {
  const version = requestVersion(message);
  if (version === undefined) throw new KmipError('InvalidMessage', 'the request has no readable header');
  if (version.major !== 1 || version.minor < 0) {
    throw new KmipError('InvalidMessage', 'this server speaks KMIP 1.1 and 1.0');
  }
  return asStructure((reader) => {
    const { header, batchCount } = reader.required(Tag.RequestHeader, asStructure(readHeader));
    const items = reader.all(Tag.BatchItem, asStructure(readItem));
    if (items.length !== batchCount)
      throw new KmipError('InvalidMessage', 'the Batch Count is not the number of items');
    return { header, items };
  })(message, version);
}

function readHeader(reader: FieldReader): { header: RequestHeader; batchCount: number } {
  const header: RequestHeader = {
    version: reader.required(Tag.ProtocolVersion, asProtocolVersion),
    maximumResponseSize: reader.optional(Tag.MaximumResponseSize, asInteger),
    asynchronous: reader.optional(Tag.AsynchronousIndicator, asBoolean),
    credential: reader.optional(
      Tag.Authentication,
      asStructure((authentication) => authentication.required(Tag.Credential, asStructureOf(credentialCodec))),
    ),
    errorContinuation: reader.optional(Tag.BatchErrorContinuationOption, asNumber),
    batchOrder: reader.optional(Tag.BatchOrderOption, asBoolean),
    timeStamp: reader.optional(Tag.TimeStamp, asDateTime),
  };
  return { header, batchCount: reader.required(Tag.BatchCount, asInteger) };
}

function readItem(reader: FieldReader): RequestItem {
  return {
    operation: reader.required(Tag.Operation, asNumber),
    uniqueBatchItemId: reader.optional(Tag.UniqueBatchItemID, asBytes),
    payload: reader.optional(Tag.RequestPayload, asItems),
    extensions: reader.all(Tag.MessageExtension, asMessageExtension),
  };
}
