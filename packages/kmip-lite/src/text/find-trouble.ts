import { KmipError, TtlvError, type TtlvErrorCode } from '../errors.js';
import { FieldReader } from '../message/field-reader.js';
import { readRequest } from '../message/request-message.js';
import { readResponse } from '../message/response-message.js';
import { enumerationName } from '../message/tag-names.js';
import { isSpoken, operationCodec } from '../operations/operation-codecs.js';
import { Operation } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import type { Item } from '../ttlv/item.js';
import { decodeTtlv } from '../ttlv/reader.js';

/** What is wrong with bytes that should be a message, or a part of one. */
export type Trouble =
  /** They are no TTLV from that byte on. */
  | { readonly kind: 'malformed'; readonly code: TtlvErrorCode; readonly offsetBytes: number; readonly message: string }
  /** They are TTLV, but not as KMIP 1.1 has its messages. */
  | { readonly kind: 'unsound'; readonly message: string };

/**
 * The first thing that a strict reader finds wrong, null when there is nothing. Says where and what, never which bytes
 * stand there. Of a message that is a request or a response the fields are checked too; of other items only the TTLV.
 */
export function findTrouble(bytes: Uint8Array): Trouble | null {
  try {
    const tree = decodeTtlv(bytes);
    if (tree.tag === Tag.RequestMessage) readPayloads(tree);
    else if (tree.tag === Tag.ResponseMessage) readResponse(tree);
    return null;
  } catch (error) {
    if (error instanceof TtlvError) {
      return { kind: 'malformed', code: error.code, offsetBytes: error.offsetBytes, message: error.message };
    }
    if (error instanceof KmipError) return { kind: 'unsound', message: error.message };
    throw error;
  }
}

function readPayloads(tree: Item): void {
  const { header, items } = readRequest(tree);
  for (const { operation, payload } of items) {
    const name = enumerationName(Operation, operation) ?? '';
    if (!isSpoken(name) || payload === undefined) continue;
    const reader = new FieldReader(payload, `the ${name} request`, header.version);
    operationCodec(name).request.decode(reader);
    reader.end();
  }
}
