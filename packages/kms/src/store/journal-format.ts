import { createHash } from 'node:crypto';

/*
 * The journal: a head, then frames. It is made whole beside its place and renamed there, so the head is never torn; a
 * frame is one write followed by one fsync, so at most the last frame can be.
 *
 *   head   0    8   "VCSKMS1\n"
 *          8    4   length H of the store's own facts, big-endian
 *          12   H   the store's facts (key-store.ts)
 *          12+H 32  SHA-256 of all before it
 *
 *   frame  0    4   "FRM1", so that a reader who lost its way can find the next
 *          4    4   length B of the body, big-endian
 *          8    8   number of the frame, big-endian: 1, 2, 3 ... over all journals that this store ever had
 *          16   32  SHA-256 of bytes 0 to 15 and the body. It tells a torn write from a whole one; against
 *                   tampering each record is sealed
 *          48   B   records: length (4, big-endian), then the sealed object (sealed-record.ts)
 */
const HEAD_MAGIC = new TextEncoder().encode('VCSKMS1\n');
const FRAME_MAGIC = Uint8Array.of(0x46, 0x52, 0x4d, 0x31);
const DIGEST_BYTES = 32;
const FRAME_HEAD_BYTES = 16 + DIGEST_BYTES;

/** A frame as it was read. */
export interface Frame {
  readonly number: number;
  readonly records: readonly Uint8Array[];
  /** Where the next frame begins. */
  readonly endBytes: number;
}

/** Bytes of a journal's head. */
export function encodeHead(facts: Uint8Array): Uint8Array {
  const out = new Uint8Array(HEAD_MAGIC.length + 4 + facts.length + DIGEST_BYTES);
  out.set(HEAD_MAGIC);
  new DataView(out.buffer).setUint32(8, facts.length);
  out.set(facts, 12);
  out.set(digest(out.subarray(0, 12 + facts.length)), 12 + facts.length);
  return out;
}

/** Reads a journal's head, or answers null where there is no whole one. */
export function decodeHead(journal: Uint8Array): { readonly facts: Uint8Array; readonly endBytes: number } | null {
  if (journal.length < 12 || !equal(journal.subarray(0, 8), HEAD_MAGIC)) return null;
  const endOfFacts = 12 + viewOf(journal).getUint32(8);
  const endBytes = endOfFacts + DIGEST_BYTES;
  if (endBytes > journal.length) return null;
  if (!equal(journal.subarray(endOfFacts, endBytes), digest(journal.subarray(0, endOfFacts)))) return null;
  return { facts: journal.subarray(12, endOfFacts), endBytes };
}

/** Records that become durable together or not at all, as they stand in a frame's body. */
export function encodeRecords(records: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(records.reduce((sum, record) => sum + 4 + record.length, 0));
  let at = 0;
  for (const record of records) {
    viewOf(out).setUint32(at, record.length);
    out.set(record, at + 4);
    at += 4 + record.length;
  }
  return out;
}

/** Bytes of a frame whose body is made of these parts ({@link encodeRecords}). */
export function encodeFrame(number: number, parts: readonly Uint8Array[]): Uint8Array {
  const bodyBytes = parts.reduce((sum, part) => sum + part.length, 0);
  const out = new Uint8Array(FRAME_HEAD_BYTES + bodyBytes);
  const view = viewOf(out);
  out.set(FRAME_MAGIC);
  view.setUint32(4, bodyBytes);
  view.setBigUint64(8, BigInt(number));
  let at = FRAME_HEAD_BYTES;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  out.set(digest(out.subarray(0, 16), out.subarray(FRAME_HEAD_BYTES)), 16);
  return out;
}

/** Reads the frame that begins at `startBytes`, or answers null where no whole one does. */
export function decodeFrame(journal: Uint8Array, startBytes: number): Frame | null {
  const rest = journal.subarray(startBytes);
  if (rest.length < FRAME_HEAD_BYTES || !equal(rest.subarray(0, 4), FRAME_MAGIC)) return null;
  const view = viewOf(rest);
  const bodyBytes = view.getUint32(4);
  if (bodyBytes > rest.length - FRAME_HEAD_BYTES) return null;
  const body = rest.subarray(FRAME_HEAD_BYTES, FRAME_HEAD_BYTES + bodyBytes);
  if (!equal(rest.subarray(16, FRAME_HEAD_BYTES), digest(rest.subarray(0, 16), body))) return null;
  const records: Uint8Array[] = [];
  for (let at = 0; at < body.length; ) {
    if (body.length - at < 4) return null;
    const lengthBytes = viewOf(body).getUint32(at);
    if (lengthBytes > body.length - at - 4) return null;
    records.push(body.subarray(at + 4, at + 4 + lengthBytes));
    at += 4 + lengthBytes;
  }
  return { number: Number(view.getBigUint64(8)), records, endBytes: startBytes + FRAME_HEAD_BYTES + bodyBytes };
}

/** Says whether a whole frame stands anywhere from `startBytes` on: then what stands before it was damaged, not torn. */
export function hasFrameAfter(journal: Uint8Array, startBytes: number): boolean {
  const bytes = Buffer.from(journal.buffer, journal.byteOffset, journal.byteLength);
  for (let at = bytes.indexOf(FRAME_MAGIC, startBytes); at >= 0; at = bytes.indexOf(FRAME_MAGIC, at + 1)) {
    if (decodeFrame(journal, at)) return true;
  }
  return false;
}

function digest(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, place) => byte === b[place]);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
