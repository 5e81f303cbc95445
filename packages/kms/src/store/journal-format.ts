import { hash } from 'node:crypto';
import type { FrameFormat } from '@vcryptsim/durable-log';
import { equalBytes, joinBytes, type KeyId, viewOf } from '@vcryptsim/ports';

/*
 * The journal: a head (journal-head.ts), then frames. It is made whole beside its place and renamed there, so the head
 * is never torn; a frame is one write followed by one fsync, so at most the last frame can be. Numbers are big-endian.
 *
 *   frame  0       4   "FRM2", so that a reader who lost its way can find the next
 *          4       4   length R of the entries
 *          8       4   length M of the materials
 *          12      8   number of the frame: 1, 2, 3 ... over all journals that this store ever had
 *          20      8   number of the audit log's last durable line when the frame was written, 0 if unknown
 *          28      R   entries, one after another
 *                        0  1  1: a version of an object, 2: the material of an object
 *                        1  4  length L
 *                        5  L  1: the sealed record (sealed-record.ts)
 *                              2: length of the sealed material (4), its SHA-256 (32), the object's identifier (UTF-8)
 *          28+R    M   sealed materials in the order of their entries; a destroyed one is overwritten with 0xDE
 *          28+R+M  32  SHA-256 of bytes 0 to 27+R. It tells a torn write from a whole one, without any key
 *          60+R+M  32  the chain: HMAC-SHA-256 under the store's chain key over these 32 bytes of the frame before (of the
 *                      head's chain, in the first frame) and the 32 bytes before these
 *
 * The chain binds the order: a frame that was left out, put back, taken from elsewhere or made without the root key does
 * not fit. A material counts by its SHA-256, so that it can be overwritten later and the chain still fits.
 */
const FRAME_MAGIC = new TextEncoder().encode('FRM2');
const FRAME_HEAD_BYTES = 28;
const HASH_BYTES = 32;
const TRAILER_BYTES = 2 * HASH_BYTES;
const OBJECT = 1;
const MATERIAL = 2;
const WIPED = 0xde;

/** No frame is longer: a reader holds one in memory. A writer refuses what would need a longer one. */
export const FRAME_BYTES_MAX = 64 * 1024 * 1024;

/** A part of a journal's file. */
export interface Place {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** Where the parts of an entry are in the file, once it is durable. */
export interface Landing {
  readonly entriesAt: number;
  readonly materialsAt: number;
}

/** Whether a material is what was written, or was destroyed, or neither: half destroyed, or damaged. */
export type MaterialCondition = 'whole' | 'wiped' | 'broken';

/** What one entry says; places are counted from the beginning of the frame. */
export type Entry =
  | { readonly kind: 'object'; readonly record: Uint8Array; readonly entry: Place }
  | {
      readonly kind: 'material';
      readonly id: KeyId;
      readonly sealed: Uint8Array;
      readonly condition: MaterialCondition;
      readonly entry: Place;
      readonly material: Place;
    };

/** A frame as it was read: views of the buffer. */
export interface Frame {
  readonly number: number;
  readonly auditLine: number;
  readonly entries: readonly Entry[];
  /** What the chain takes of the frame. */
  readonly digest: Uint8Array;
  readonly chain: Uint8Array;
}

/** What is written of one change: entries and the materials they speak of. */
export interface Parts {
  readonly entries: Uint8Array;
  readonly materials: Uint8Array;
}

/** Bytes of an entry for a version of an object. */
export function objectEntry(record: Uint8Array): Uint8Array {
  return entryOf(OBJECT, [record]);
}

/** The sealed record in an entry of exactly these bytes, or null when they are no version of an object. */
export function objectRecord(entry: Uint8Array): Uint8Array | null {
  if (entry.length < 5 || entry[0] !== OBJECT || viewOf(entry).getUint32(1) !== entry.length - 5) return null;
  return entry.subarray(5);
}

/** Bytes of an entry for an object's material, which itself goes into the materials' part. */
export function materialEntry(id: KeyId, sealed: Uint8Array): Uint8Array {
  const lengthBytes = new Uint8Array(4);
  viewOf(lengthBytes).setUint32(0, sealed.length);
  return entryOf(MATERIAL, [lengthBytes, sha256(sealed), new TextEncoder().encode(id)]);
}

/** What a destroyed material is overwritten with. Not zeros: those are what a cut leaves of a write that never landed. */
export function wipedBytes(lengthBytes: number): Uint8Array {
  return new Uint8Array(lengthBytes).fill(WIPED);
}

/** Length of the frame that these parts make. */
export function frameBytes(parts: readonly Parts[]): number {
  const bodyBytes = parts.reduce((sum, { entries, materials }) => sum + entries.length + materials.length, 0);
  return FRAME_HEAD_BYTES + bodyBytes + TRAILER_BYTES;
}

/** Where the entries, and the materials, of each of the parts begin in their frame. */
export function placesIn(parts: readonly Parts[]): { readonly entriesAt: number; readonly materialsAt: number }[] {
  let entriesAt = FRAME_HEAD_BYTES;
  let materialsAt = FRAME_HEAD_BYTES + parts.reduce((sum, { entries }) => sum + entries.length, 0);
  return parts.map(({ entries, materials }) => {
    const place = { entriesAt, materialsAt };
    entriesAt += entries.length;
    materialsAt += materials.length;
    return place;
  });
}

/**
 * Bytes of a frame.
 *
 * @param o.chainOf makes the chain's next value of the frame's digest
 */
export function encodeFrame(o: {
  readonly number: number;
  readonly auditLine: number;
  readonly parts: readonly Parts[];
  readonly chainOf: (digest: Uint8Array) => Uint8Array;
}): Uint8Array {
  const entries = joinBytes(o.parts.map((part) => part.entries));
  const materials = joinBytes(o.parts.map((part) => part.materials));
  const out = new Uint8Array(FRAME_HEAD_BYTES + entries.length + materials.length + TRAILER_BYTES);
  const view = viewOf(out);
  out.set(FRAME_MAGIC);
  view.setUint32(4, entries.length);
  view.setUint32(8, materials.length);
  view.setBigUint64(12, BigInt(o.number));
  view.setBigUint64(20, BigInt(o.auditLine));
  out.set(entries, FRAME_HEAD_BYTES);
  out.set(materials, FRAME_HEAD_BYTES + entries.length);
  const digest = sha256(out.subarray(0, FRAME_HEAD_BYTES + entries.length));
  out.set(digest, out.length - TRAILER_BYTES);
  out.set(o.chainOf(digest), out.length - HASH_BYTES);
  return out;
}

/** How frames are found and read. */
export const FORMAT: FrameFormat<Frame> = {
  magic: FRAME_MAGIC,
  headBytes: FRAME_HEAD_BYTES,
  measure: (head) => {
    if (head.length < FRAME_HEAD_BYTES || !equalBytes(head.subarray(0, 4), FRAME_MAGIC)) return null;
    const view = viewOf(head);
    const sizeBytes = FRAME_HEAD_BYTES + view.getUint32(4) + view.getUint32(8) + TRAILER_BYTES;
    return sizeBytes <= FRAME_BYTES_MAX ? sizeBytes : null;
  },
  decode: (bytes) => {
    const view = viewOf(bytes);
    const entriesEnd = FRAME_HEAD_BYTES + view.getUint32(4);
    const trailerAt = bytes.length - TRAILER_BYTES;
    const digest = bytes.subarray(trailerAt, trailerAt + HASH_BYTES);
    if (!equalBytes(digest, sha256(bytes.subarray(0, entriesEnd)))) return null;
    const entries = decodeEntries(bytes, entriesEnd, trailerAt);
    if (!entries) return null;
    const [number, auditLine] = [Number(view.getBigUint64(12)), Number(view.getBigUint64(20))];
    return { number, auditLine, entries, digest, chain: bytes.subarray(trailerAt + HASH_BYTES) };
  },
};

function decodeEntries(bytes: Uint8Array, entriesEnd: number, materialsEnd: number): Entry[] | null {
  const entries: Entry[] = [];
  let materialAt = entriesEnd;
  for (let at = FRAME_HEAD_BYTES; at < entriesEnd; ) {
    if (entriesEnd - at < 5) return null;
    const lengthBytes = viewOf(bytes).getUint32(at + 1);
    if (lengthBytes > entriesEnd - at - 5) return null;
    const content = bytes.subarray(at + 5, at + 5 + lengthBytes);
    const entry = { offsetBytes: at, lengthBytes: 5 + lengthBytes };
    if (bytes[at] === OBJECT) entries.push({ kind: 'object', record: content, entry });
    else if (bytes[at] === MATERIAL && lengthBytes >= 4 + HASH_BYTES) {
      const material = { offsetBytes: materialAt, lengthBytes: viewOf(content).getUint32(0) };
      materialAt += material.lengthBytes;
      if (materialAt > materialsEnd) return null;
      const sealed = bytes.subarray(material.offsetBytes, materialAt);
      const condition = conditionOf(sealed, content.subarray(4, 4 + HASH_BYTES));
      const id = new TextDecoder().decode(content.subarray(4 + HASH_BYTES)) as KeyId;
      entries.push({ kind: 'material', id, sealed, condition, entry, material });
    } else return null;
    at += 5 + lengthBytes;
  }
  return materialAt === materialsEnd ? entries : null;
}

function conditionOf(sealed: Uint8Array, wanted: Uint8Array): MaterialCondition {
  if (equalBytes(sha256(sealed), wanted)) return 'whole';
  return sealed.every((byte) => byte === WIPED) ? 'wiped' : 'broken';
}

function entryOf(kind: number, parts: readonly Uint8Array[]): Uint8Array {
  const head = new Uint8Array(5);
  head[0] = kind;
  viewOf(head).setUint32(
    1,
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  return joinBytes([head, ...parts]);
}

function sha256(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(hash('sha256', bytes, 'buffer'));
}
