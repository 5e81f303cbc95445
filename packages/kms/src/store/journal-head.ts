import { createHash } from 'node:crypto';
import { equalBytes, joinBytes, viewOf } from '@vcryptsim/ports';
import type { RootKey } from './root-key.js';

/*
 * The journal's head. Numbers are big-endian.
 *
 *   0      8   "VCSKMS2\n"
 *   8      4   length H of the store's facts
 *   12     H   the store's facts (store-facts.ts)
 *   12+H   92  sealed by the root key (nonce 12, AES-256-GCM 64, tag 16), with all before it as additional data:
 *                0   8   generation: how many journals this store has had, from 1
 *                8   8   number of the first frame
 *                16  8   number of frames that were written with the head: as many at least are always there
 *                24  8   number of objects in these
 *                32  32  the chain before the first frame: where the journal before this one ended, or zeros
 *   104+H  32  SHA-256 of all before it, so that a changed byte is told from another root key
 */
const MAGIC = new TextEncoder().encode('VCSKMS2\n');
const BOUNDS_BYTES = 64;
const DIGEST_BYTES = 32;
const SEALED_BYTES = 12 + BOUNDS_BYTES + 16;

/** What a head says under seal. */
export interface Bounds {
  readonly generation: number;
  readonly firstNumber: number;
  readonly frames: number;
  readonly objects: number;
  readonly chainBefore: Uint8Array;
}

/** What a head says in clear. */
export interface Head {
  readonly facts: Uint8Array;
  readonly endBytes: number;
}

/** Longest head of any format. */
export const HEAD_BYTES_MAX = 4096;

/** Length of a head with these facts. */
export function headBytes(facts: Uint8Array): number {
  return 12 + facts.length + SEALED_BYTES + DIGEST_BYTES;
}

/** Bytes of a head. */
export function encodeHead(facts: Uint8Array, bounds: Bounds, rootKey: RootKey): Uint8Array {
  const lengthBytes = new Uint8Array(4);
  viewOf(lengthBytes).setUint32(0, facts.length);
  const clear = joinBytes([MAGIC, lengthBytes, facts]);
  const inner = new Uint8Array(BOUNDS_BYTES);
  const view = viewOf(inner);
  for (const [place, value] of [bounds.generation, bounds.firstNumber, bounds.frames, bounds.objects].entries()) {
    view.setBigUint64(8 * place, BigInt(value));
  }
  inner.set(bounds.chainBefore, 32);
  const sealed = joinBytes([clear, rootKey.seal(inner, clear)]);
  return joinBytes([sealed, sha256(sealed)]);
}

/** Reads what a head says in clear, or answers null where there is no whole one. */
export function decodeHead(journal: Uint8Array): Head | null {
  if (journal.length < 12 || !equalBytes(journal.subarray(0, 8), MAGIC)) return null;
  const factsEnd = 12 + viewOf(journal).getUint32(8);
  const sealedEnd = factsEnd + SEALED_BYTES;
  const endBytes = sealedEnd + DIGEST_BYTES;
  if (endBytes > Math.min(journal.length, HEAD_BYTES_MAX)) return null;
  if (!equalBytes(journal.subarray(sealedEnd, endBytes), sha256(journal.subarray(0, sealedEnd)))) return null;
  return { facts: journal.subarray(12, factsEnd), endBytes };
}

/**
 * Opens what a head says under seal.
 *
 * @returns null when it was changed, or is of another root key
 */
export function openBounds(head: Uint8Array, rootKey: RootKey): Bounds | null {
  const sealedEnd = head.length - DIGEST_BYTES;
  const clearBytes = sealedEnd - SEALED_BYTES;
  const inner = rootKey.open(head.subarray(clearBytes, sealedEnd), head.subarray(0, clearBytes));
  if (inner?.length !== BOUNDS_BYTES) return null;
  const view = viewOf(inner);
  const numberAt = (place: number) => Number(view.getBigUint64(8 * place));
  const [generation, firstNumber, frames, objects] = [numberAt(0), numberAt(1), numberAt(2), numberAt(3)];
  return { generation, firstNumber, frames, objects, chainBefore: Uint8Array.from(inner.subarray(32)) };
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}
