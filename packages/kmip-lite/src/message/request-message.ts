import { KmipError } from '../errors.js';
import { Tag } from '../spec/tags.generated.js';
import type { Item } from '../ttlv/item.js';
import { boolean, bytes, dateTime, enumeration, integer, item, structure, text } from '../ttlv/values.js';
import { type Credential, credentialCodec } from './credential.js';
import type { FieldReader } from './field-reader.js';
import { asMessageExtension, type MessageExtension, messageExtension } from './message-extension.js';
import type { ProtocolVersion } from './protocol-version.js';
import { asBoolean, asBytes, asDateTime, asInteger, asItems, asNumber, asStructure, asText } from './read-as.js';
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
  /** Since 1.4: the client's own name for the message, for its logs. */
  readonly clientCorrelationValue?: string | undefined;
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
          ...field(Tag.ClientCorrelationValue, header.clientCorrelationValue, text),
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
 *   Request Header 420077 { Protocol Version, Maximum Response Size?, (1.4) Client Correlation Value?,
 *     Server Correlation Value?, Asynchronous Indicator?, (1.2) Attestation Capable Indicator?, Attestation Type*,
 *     Authentication? { Credential, since 1.2 several }, Batch Error Continuation Option?, Batch Order Option?,
 *     Time Stamp?, Batch Count }
 *   Batch Item 42000f * { Operation, Unique Batch Item ID?, Request Payload, Message Extension* }
 * ```
 *
 * @throws KmipError INVALID MESSAGE (or INVALID FIELD) when header and items are not as they must be; nothing was done then
 */
export function readRequest(message: Item): RequestMessage {
  const version = requestVersion(message);
  if (version === undefined) throw new KmipError('InvalidMessage', 'the request has no readable header');
  if (version.major !== 1 || version.minor < 0) {
    throw new KmipError('InvalidMessage', `KMIP ${version.major}.${version.minor} is not spoken here; 1.0 to 1.4 are`);
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
  const version = reader.required(Tag.ProtocolVersion, asProtocolVersion);
  const maximumResponseSize = reader.optional(Tag.MaximumResponseSize, asInteger);
  const clientCorrelationValue = reader.optional(Tag.ClientCorrelationValue, asText);
  reader.optional(Tag.ServerCorrelationValue, asText);
  const asynchronous = reader.optional(Tag.AsynchronousIndicator, asBoolean);
  // What the client could attest is of no use here: nothing asks for it.
  reader.optional(Tag.AttestationCapableIndicator, asBoolean);
  reader.all(Tag.AttestationType, asNumber);
  const header: RequestHeader = {
    version,
    maximumResponseSize,
    clientCorrelationValue,
    asynchronous,
    credential: reader.optional(Tag.Authentication, asStructure(readAuthentication)),
    errorContinuation: reader.optional(Tag.BatchErrorContinuationOption, asNumber),
    batchOrder: reader.optional(Tag.BatchOrderOption, asBoolean),
    timeStamp: reader.optional(Tag.TimeStamp, asDateTime),
  };
  return { header, batchCount: reader.required(Tag.BatchCount, asInteger) };
}

/** The first credential: one in 1.0 and 1.1; who presents several must be right about each, and we judge one. */
function readAuthentication(authentication: FieldReader): Credential {
  const [first, ...others] = [
    authentication.required(Tag.Credential, asStructureOf(credentialCodec)),
    ...(authentication.version.minor < 2 ? [] : authentication.all(Tag.Credential, asStructureOf(credentialCodec))),
  ];
  if (first === undefined || others.length > 0) {
    throw new KmipError('FeatureNotSupported', 'one Credential is judged here, not several');
  }
  return first;
}

function readItem(reader: FieldReader): RequestItem {
  return {
    operation: reader.required(Tag.Operation, asNumber),
    uniqueBatchItemId: reader.optional(Tag.UniqueBatchItemID, asBytes),
    payload: reader.optional(Tag.RequestPayload, asItems),
    extensions: reader.all(Tag.MessageExtension, asMessageExtension),
  };
}
