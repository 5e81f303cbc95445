import { Tag } from '@vcryptsim/kmip-lite';

const HEAD_BYTES = 8;
const RESULT_STATUS = head(Tag.ResultStatus, 0x05, 4);
const KEY_MATERIAL = head(Tag.KeyMaterial, 0x08, 32);
const UNIQUE_IDENTIFIER = head(Tag.UniqueIdentifier, 0x07);

/** Whole length of a message by its first 8 bytes, or null while they are not there. */
export function messageBytes(bytes: Uint8Array): number | null {
  return bytes.length < HEAD_BYTES ? null : HEAD_BYTES + readLength(bytes, 4);
}

/** Whether the one batch item of an answer succeeded. */
export function hasSucceeded(answer: Uint8Array): boolean {
  const at = find(answer, RESULT_STATUS);
  return at >= 0 && readLength(answer, at + HEAD_BYTES) === 0;
}

/** The 32 bytes of an AES-256 key in an answer to Get, a view; null when there are none. */
export function keyMaterial(answer: Uint8Array): Uint8Array | null {
  const at = find(answer, KEY_MATERIAL);
  return at < 0 ? null : answer.subarray(at + HEAD_BYTES, at + HEAD_BYTES + 32);
}

/** The Unique Identifier in an answer; null when there is none. */
export function uniqueIdentifier(answer: Uint8Array): string | null {
  const at = find(answer, UNIQUE_IDENTIFIER);
  if (at < 0) return null;
  const start = at + HEAD_BYTES;
  return new TextDecoder().decode(answer.subarray(start, start + readLength(answer, at + 4)));
}

function find(bytes: Uint8Array, part: Uint8Array): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(part);
}

function readLength(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at);
}

/** First bytes of an item, with its length where that is known. */
function head(tag: number, type: number, lengthBytes?: number): Uint8Array {
  const bytes = new Uint8Array(lengthBytes === undefined ? 4 : HEAD_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, tag * 256 + type);
  if (lengthBytes !== undefined) view.setUint32(4, lengthBytes);
  return bytes;
}
