import { hash } from 'node:crypto';
import { equalBytes, joinBytes, viewOf } from '@vcryptsim/ports';
import { CHAIN_ORIGIN, type ChainCheck } from './chain-check.js';
import type { FrameFormat } from './frame-reader.js';
import type { ChainedFrame } from './read-chain.js';

/*
 * A log: a head, then frames. It is made whole beside its place and renamed there, so the head is never torn; a frame is
 * one write followed by one fsync, so at most the last frame can be. Numbers are big-endian.
 *
 *   head   0     8   "VCSLOG1\n"
 *          8     4   length F of the name of the owner's format
 *          12    F   that name with its version, UTF-8: "vcenter database 1"
 *          12+F  8   number of the first frame
 *          20+F  8   number of frames that were written with the head: as many at least are always there
 *          28+F  32  SHA-256 of all before it
 *          60+F  32  what the owner's check makes of the chain's beginning and the 32 bytes before these
 *
 *   frame  0     4   "LOG1", so that a reader who lost its way can find the next
 *          4     4   length B of the records
 *          8     8   number of the frame: 1, 2, 3 ... over all files that this log ever had
 *          16    B   records, one after another: length (4), then as many bytes, which only the owner understands
 *          16+B  32  SHA-256 of bytes 0 to 15+B. It tells a torn write from a whole one
 *          48+B  32  the chain: what the owner's check makes of the chain before (its beginning, in the first frame) and the
 *                    32 bytes before these
 *
 * The chain begins with what the check makes of 32 zeros and bytes 0 to 19+F of the head: it does not depend on how many
 * frames follow, which is known when they are written.
 *
 * A frame holds what was appended together, by one call or by several at a time: after a cut all of it is there, or none.
 */
const MAGIC = new TextEncoder().encode('VCSLOG1\n');
const FRAME_MAGIC = new TextEncoder().encode('LOG1');
const HASH_BYTES = 32;
const TRAILER_BYTES = 2 * HASH_BYTES;
const FRAME_HEAD_BYTES = 16;
const NAME_BYTES_MAX = 256;

/** Longest head. */
export const HEAD_BYTES_MAX: number = 28 + NAME_BYTES_MAX + TRAILER_BYTES;

/** No frame is longer: a reader holds one in memory. */
export const FRAME_BYTES_MAX: number = 64 * 1024 * 1024;

/** What a head says. */
export interface LogHead {
  /** Name of the owner's format. */
  readonly format: string;
  readonly firstNumber: number;
  readonly frames: number;
}

/** A head as it was read. */
export interface FoundHead extends LogHead {
  readonly endBytes: number;
  /** Where the chain of the frames begins. */
  readonly chain: Uint8Array;
  /** Whether it was written under this check. */
  readonly isOurs: boolean;
}

/** A frame as it was read: views of the buffer. */
export interface LogFrame extends ChainedFrame {
  readonly records: readonly Uint8Array[];
}

/** Where the chain of a log's frames begins. */
export function chainBeginning({ format, firstNumber }: Omit<LogHead, 'frames'>, check: ChainCheck): Uint8Array {
  return check.next(CHAIN_ORIGIN, clearHead({ format, firstNumber, frames: 0 }).subarray(0, -8));
}

/** Bytes of a head. */
export function encodeHead(head: LogHead, check: ChainCheck): Uint8Array {
  const clear = clearHead(head);
  const digest = sha256(clear);
  return joinBytes([clear, digest, check.next(chainBeginning(head, check), digest)]);
}

/** Length of a head. */
export function headBytes(format: string): number {
  return 28 + nameBytes(format).length + TRAILER_BYTES;
}

/**
 * Reads a head.
 *
 * @returns `foreign` when the file begins as no log does, `damaged` when it begins as one and is not whole
 */
export function decodeHead(bytes: Uint8Array, check: ChainCheck): FoundHead | 'foreign' | 'damaged' {
  const begin = bytes.subarray(0, MAGIC.length);
  if (!equalBytes(begin, MAGIC.subarray(0, begin.length))) return 'foreign';
  if (bytes.length < 12) return 'damaged';
  const view = viewOf(bytes);
  const nameLength = view.getUint32(8);
  const clearBytes = 28 + nameLength;
  const endBytes = clearBytes + TRAILER_BYTES;
  if (nameLength > NAME_BYTES_MAX || endBytes > bytes.length) return 'damaged';
  const digest = bytes.subarray(clearBytes, clearBytes + HASH_BYTES);
  if (!equalBytes(digest, sha256(bytes.subarray(0, clearBytes)))) return 'damaged';
  const format = new TextDecoder().decode(bytes.subarray(12, 12 + nameLength));
  const firstNumber = Number(view.getBigUint64(12 + nameLength));
  const frames = Number(view.getBigUint64(20 + nameLength));
  const chain = chainBeginning({ format, firstNumber }, check);
  const isOurs = equalBytes(check.next(chain, digest), bytes.subarray(endBytes - HASH_BYTES, endBytes));
  return { format, firstNumber, frames, endBytes, chain, isOurs };
}

/** How many bytes records take in a frame. */
export function recordsBytes(records: readonly Uint8Array[]): number {
  return records.reduce((sum, record) => sum + 4 + record.length, 0);
}

/** Length of a frame whose records take so many bytes. */
export function frameBytes(recordBytes: number): number {
  return FRAME_HEAD_BYTES + recordBytes + TRAILER_BYTES;
}

/** Bytes of a frame, and the chain's value after it. */
export function encodeFrame(
  number: number,
  records: readonly Uint8Array[],
  o: { readonly check: ChainCheck; readonly before: Uint8Array },
): { readonly bytes: Uint8Array; readonly chain: Uint8Array } {
  const bytes = new Uint8Array(frameBytes(recordsBytes(records)));
  const view = viewOf(bytes);
  bytes.set(FRAME_MAGIC);
  view.setUint32(4, bytes.length - FRAME_HEAD_BYTES - TRAILER_BYTES);
  view.setBigUint64(8, BigInt(number));
  let at = FRAME_HEAD_BYTES;
  for (const record of records) {
    view.setUint32(at, record.length);
    bytes.set(record, at + 4);
    at += 4 + record.length;
  }
  const digest = sha256(bytes.subarray(0, at));
  const chain = o.check.next(o.before, digest);
  bytes.set(digest, at);
  bytes.set(chain, at + HASH_BYTES);
  return { bytes, chain };
}

/** How frames are found and read. */
export const FORMAT: FrameFormat<LogFrame> = {
  magic: FRAME_MAGIC,
  headBytes: FRAME_HEAD_BYTES,
  measure: (head) => {
    if (head.length < FRAME_HEAD_BYTES || !equalBytes(head.subarray(0, FRAME_MAGIC.length), FRAME_MAGIC)) return null;
    const sizeBytes = frameBytes(viewOf(head).getUint32(4));
    return sizeBytes <= FRAME_BYTES_MAX ? sizeBytes : null;
  },
  decode: (bytes) => {
    const trailerAt = bytes.length - TRAILER_BYTES;
    const digest = bytes.subarray(trailerAt, trailerAt + HASH_BYTES);
    if (!equalBytes(digest, sha256(bytes.subarray(0, trailerAt)))) return null;
    const records = decodeRecords(bytes.subarray(FRAME_HEAD_BYTES, trailerAt));
    if (!records) return null;
    return { number: Number(viewOf(bytes).getBigUint64(8)), records, digest, chain: bytes.subarray(-HASH_BYTES) };
  },
};

function decodeRecords(bytes: Uint8Array): Uint8Array[] | null {
  const records: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes.length - at < 4) return null;
    const lengthBytes = viewOf(bytes).getUint32(at);
    if (lengthBytes > bytes.length - at - 4) return null;
    records.push(bytes.subarray(at + 4, at + 4 + lengthBytes));
    at += 4 + lengthBytes;
  }
  return records;
}

function clearHead({ format, firstNumber, frames }: LogHead): Uint8Array {
  const name = nameBytes(format);
  const clear = new Uint8Array(28 + name.length);
  const view = viewOf(clear);
  clear.set(MAGIC);
  view.setUint32(8, name.length);
  clear.set(name, 12);
  view.setBigUint64(12 + name.length, BigInt(firstNumber));
  view.setBigUint64(20 + name.length, BigInt(frames));
  return clear;
}

function nameBytes(format: string): Uint8Array {
  return new TextEncoder().encode(format);
}

function sha256(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(hash('sha256', bytes, 'buffer'));
}
