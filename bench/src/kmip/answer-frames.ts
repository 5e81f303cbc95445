import { Tag } from '@vcryptsim/kmip-lite';

const HEAD_BYTES = 8;
const RESULT_STATUS = head(Tag.ResultStatus, 0x05, 4);
const KEY_MATERIAL = head(Tag.KeyMaterial, 0x08, 32);
const UNIQUE_IDENTIFIER = head(Tag.UniqueIdentifier, 0x07);

/** Whole length of a message by its first 8 bytes, or null while they are not there. */
export function messageBytes(bytes: Buffer): number | null {
  return bytes.length < HEAD_BYTES ? null : HEAD_BYTES + bytes.readUInt32BE(4);
}

/** Whether the one batch item of an answer succeeded. */
export function hasSucceeded(answer: Buffer): boolean {
  const at = answer.indexOf(RESULT_STATUS);
  return at >= 0 && answer.readUInt32BE(at + HEAD_BYTES) === 0;
}

/** The 32 bytes of an AES-256 key in an answer to Get, a view; null when there are none. */
export function keyMaterial(answer: Buffer): Buffer | null {
  const at = answer.indexOf(KEY_MATERIAL);
  return at < 0 ? null : answer.subarray(at + HEAD_BYTES, at + HEAD_BYTES + 32);
}

/** The Unique Identifier in an answer; null when there is none. */
export function uniqueIdentifier(answer: Buffer): string | null {
  const at = answer.indexOf(UNIQUE_IDENTIFIER);
  if (at < 0) return null;
  const lengthBytes = answer.readUInt32BE(at + 4);
  return answer.toString('utf8', at + HEAD_BYTES, at + HEAD_BYTES + lengthBytes);
}

/** First bytes of an item, with its length where that is known. */
function head(tag: number, type: number, lengthBytes?: number): Buffer {
  const bytes = Buffer.alloc(lengthBytes === undefined ? 4 : HEAD_BYTES);
  bytes.writeUIntBE(tag, 0, 3);
  bytes.writeUInt8(type, 3);
  if (lengthBytes !== undefined) bytes.writeUInt32BE(lengthBytes, 4);
  return bytes;
}
