import { KmipError, TtlvError } from '../errors.js';
import { formatVersion } from '../message/protocol-version.js';
import { readRequest } from '../message/request-message.js';
import { readResponse } from '../message/response-message.js';
import { enumerationName } from '../message/tag-names.js';
import { Operation, ResultReason, ResultStatus } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import type { Item } from '../ttlv/item.js';
import { decodeTtlv } from '../ttlv/reader.js';
import { textOf } from '../ttlv/values.js';

/** What a message is about, without its content. */
export interface MessageSummary {
  readonly direction: 'request' | 'response';
  /** `1.1` */
  readonly version: string;
  readonly items: readonly SummarizedItem[];
}

/** One batch item of a summary. */
export interface SummarizedItem {
  /** Name, number in hexadecimal, or empty when the item names none. */
  readonly operation: string;
  readonly status?: string;
  readonly reason?: string;
  readonly uniqueIdentifier?: string;
}

/** Summary of a whole message; null when the bytes are no sound KMIP message. */
export function summarizeMessage(bytes: Uint8Array): MessageSummary | null {
  try {
    const tree = decodeTtlv(bytes);
    if (tree.tag === Tag.RequestMessage) return summarizeRequest(tree);
    return tree.tag === Tag.ResponseMessage ? summarizeResponse(tree) : null;
  } catch (error) {
    if (error instanceof TtlvError || error instanceof KmipError) return null;
    throw error;
  }
}

function summarizeRequest(tree: Item): MessageSummary {
  const { header, items } = readRequest(tree);
  return {
    direction: 'request',
    version: formatVersion(header.version),
    items: items.map(({ operation, payload }) => ({
      operation: nameOf(Operation, operation),
      ...identifierIn(payload),
    })),
  };
}

function summarizeResponse(tree: Item): MessageSummary {
  const { version, items } = readResponse(tree);
  return {
    direction: 'response',
    version: formatVersion(version),
    items: items.map(({ operation, status, reason, payload }) => ({
      operation: operation === undefined ? '' : nameOf(Operation, operation),
      status: nameOf(ResultStatus, status),
      ...(reason === undefined ? {} : { reason: nameOf(ResultReason, reason) }),
      ...identifierIn(payload),
    })),
  };
}

function nameOf(names: Readonly<Record<string, number>>, number: number): string {
  return enumerationName(names, number) ?? `0x${number.toString(16).padStart(8, '0')}`;
}

function identifierIn(payload: readonly Item[] | undefined): { uniqueIdentifier?: string } {
  const found = payload?.find(({ tag }) => tag === Tag.UniqueIdentifier);
  return found?.type === 'TextString' ? { uniqueIdentifier: textOf(found.utf8) } : {};
}
