import { createHash } from 'node:crypto';
import type { FrameFormat } from '@vcryptsim/durable-log';
import { equalBytes, viewOf } from '@vcryptsim/ports';

/*
 * The first format of the journal, which is only read: a leader that finds one writes it anew as journal-format.ts draws
 * it. Material lies inside the records (sealed-record-1.ts), and nothing binds the order of frames but their numbers.
 *
 *   head   0    8   "VCSKMS1\n"
 *          8    4   length H of the store's own facts, big-endian
 *          12   H   the store's facts (store-facts.ts)
 *          12+H 32  SHA-256 of all before it
 *
 *   frame  0    4   "FRM1"
 *          4    4   length B of the body, big-endian
 *          8    8   number of the frame, big-endian
 *          16   32  SHA-256 of bytes 0 to 15 and the body
 *          48   B   records: length (4, big-endian), then the sealed object
 */
const HEAD_MAGIC = new TextEncoder().encode('VCSKMS1\n');
const FRAME_MAGIC = Uint8Array.of(0x46, 0x52, 0x4d, 0x31);
const DIGEST_BYTES = 32;
const FRAME_HEAD_BYTES = 16 + DIGEST_BYTES;

/** A frame as it was read: views of the buffer. */
export interface Frame1 {
  readonly number: number;
  readonly records: readonly Uint8Array[];
}

/** Reads a head of the first format, or answers null where there is no whole one. */
export function decodeHead1(journal: Uint8Array): { readonly facts: Uint8Array; readonly endBytes: number } | null {
  if (journal.length < 12 || !equalBytes(journal.subarray(0, 8), HEAD_MAGIC)) return null;
  const endOfFacts = 12 + viewOf(journal).getUint32(8);
  const endBytes = endOfFacts + DIGEST_BYTES;
  if (endBytes > journal.length) return null;
  if (!equalBytes(journal.subarray(endOfFacts, endBytes), digest(journal.subarray(0, endOfFacts)))) return null;
  return { facts: journal.subarray(12, endOfFacts), endBytes };
}

/** How frames of the first format are found and read. */
export const FORMAT_1: FrameFormat<Frame1> = {
  magic: FRAME_MAGIC,
  headBytes: FRAME_HEAD_BYTES,
  measure: (head) =>
    head.length >= FRAME_HEAD_BYTES && equalBytes(head.subarray(0, 4), FRAME_MAGIC)
      ? FRAME_HEAD_BYTES + viewOf(head).getUint32(4)
      : null,
  decode: (bytes) => {
    const body = bytes.subarray(FRAME_HEAD_BYTES);
    if (!equalBytes(bytes.subarray(16, FRAME_HEAD_BYTES), digest(bytes.subarray(0, 16), body))) return null;
    const records: Uint8Array[] = [];
    for (let at = 0; at < body.length; ) {
      if (body.length - at < 4) return null;
      const lengthBytes = viewOf(body).getUint32(at);
      if (lengthBytes > body.length - at - 4) return null;
      records.push(body.subarray(at + 4, at + 4 + lengthBytes));
      at += 4 + lengthBytes;
    }
    return { number: Number(viewOf(bytes).getBigUint64(8)), records };
  },
};

function digest(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
