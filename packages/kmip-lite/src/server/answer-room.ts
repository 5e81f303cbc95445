import { KmipError } from '../errors.js';
import { answerLimits } from '../limits.js';
import type { RequestItem } from '../message/request-message.js';
import type { ResponseItem } from '../message/response-message.js';
import { Operation } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import { structure } from '../ttlv/values.js';
import { encodedBytes } from '../ttlv/writer.js';
import { type PerformedItem, refuseItem } from './perform-item.js';
import { wipeKeyMaterial } from './wipe-key-material.js';

// A text of 36 characters with its head; an enumeration; a structure's head; a response without items.
const IDENTIFIER_BYTES = 48;
const NUMBER_BYTES = 16;
const HEAD_BYTES = 8;
const EMPTY_ANSWER_BYTES = 88;

/** Operations that make what a client could not find again without their answer, and the bytes of its payload. */
const MADE_BYTES: ReadonlyMap<number, number> = new Map([
  [Operation.Create, NUMBER_BYTES + IDENTIFIER_BYTES],
  [Operation.Register, IDENTIFIER_BYTES],
  [Operation.ReKey, IDENTIFIER_BYTES],
  [Operation.CreateKeyPair, 2 * IDENTIFIER_BYTES],
  [Operation.ReKeyKeyPair, 2 * IDENTIFIER_BYTES],
]);

/** Room that an answer has: what does not fit is not done, or is not told. */
export class AnswerRoom {
  #leftBytes: number;

  /** @param maximumResponseSize bytes of the whole answer as the client wants it */
  constructor(maximumResponseSize: number = answerLimits.messageBytes) {
    this.#leftBytes = Math.min(maximumResponseSize, answerLimits.messageBytes) - EMPTY_ANSWER_BYTES;
  }

  /** The refusal of an item whose answer would not fit, so that it is not done; undefined when it may be done. */
  refuses(item: RequestItem): PerformedItem | undefined {
    const payloadBytes = MADE_BYTES.get(item.operation);
    const neededBytes = payloadBytes === undefined ? 0 : frameBytes(item.uniqueBatchItemId) + HEAD_BYTES + payloadBytes;
    return this.#leftBytes < neededBytes ? tooLarge(item) : undefined;
  }

  /** The item's answer, or the refusal of one that does not fit, its key material zeroed. */
  take(item: RequestItem, performed: PerformedItem): PerformedItem {
    const sizeBytes = frameBytes(item.uniqueBatchItemId) + payloadBytes(performed.response);
    if (sizeBytes > this.#leftBytes && performed.response.payload) {
      wipeKeyMaterial({ tag: Tag.ResponsePayload, ...structure(performed.response.payload) });
      return this.take(item, tooLarge(item, performed.exchanged.uniqueIdentifier));
    }
    this.#leftBytes -= sizeBytes;
    return performed;
  }
}

/** Of an item: its head, operation, identifier and status. */
function frameBytes(uniqueBatchItemId: Uint8Array | undefined): number {
  const idBytes = uniqueBatchItemId === undefined ? 0 : HEAD_BYTES + Math.ceil(uniqueBatchItemId.length / 8) * 8;
  return HEAD_BYTES + 2 * NUMBER_BYTES + idBytes;
}

function payloadBytes({ payload, reason, message = '' }: ResponseItem): number {
  if (reason !== undefined) return NUMBER_BYTES + HEAD_BYTES + Math.ceil(message.length / 8) * 8;
  return payload === undefined ? 0 : encodedBytes({ tag: Tag.ResponsePayload, ...structure(payload) });
}

function tooLarge(item: RequestItem, uniqueIdentifier?: string): PerformedItem {
  // Shorter than what it refuses, as a rule: it must fit itself.
  const message = 'no room for the answer';
  return refuseItem(item, new KmipError('ResponseTooLarge', message), uniqueIdentifier);
}
