import type { MemoryReader } from './process-memory.js';

/** A stretch of this process's memory. */
export interface Stretch {
  readonly start: number;
  readonly lengthBytes: number;
}

const MARKER_WORDS = 16;
/** Room that a marker takes. */
export const MARKER_SIZE_BYTES = MARKER_WORDS * 4;

/**
 * Finds where a buffer of ours lies, by marking it and looking for the mark. The mark is computed word by word, so no
 * second copy of it stands anywhere.
 *
 * @param view the buffer; what stands at `markAt` in it is overwritten and then zeroed
 * @param markAt where the mark goes, a multiple of 16
 * @param known buffers that are found already: copies in them do not count
 * @returns the stretch, or null if it is not in memory that can be read
 */
export async function locate(
  memory: MemoryReader,
  view: Uint8Array,
  markAt: number,
  known: readonly Stretch[],
): Promise<Stretch | null> {
  const seed = known.length + 1;
  const mark = new DataView(view.buffer, view.byteOffset + markAt, MARKER_SIZE_BYTES);
  for (let k = 0; k < MARKER_WORDS; k++) mark.setUint32(k * 4, markerWord(seed, k), true);
  let start: number | null = null;
  await memory.eachChunk((bytes, address) => {
    if (start !== null) return;
    blank(bytes, address, known);
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
    for (let i = 0; i + MARKER_WORDS <= words.length; i += 4) {
      if (isMarker(words, i, seed)) {
        start = address + i * 4 - markAt;
        return;
      }
    }
  });
  view.fill(0, markAt, markAt + MARKER_SIZE_BYTES);
  return start === null ? null : { start, lengthBytes: view.byteLength };
}

/** Zeroes what of `bytes`, read at `address`, lies in one of the stretches. */
export function blank(bytes: Uint8Array, address: number, stretches: readonly Stretch[]): void {
  for (const { start, lengthBytes } of stretches) {
    const from = Math.max(0, start - address);
    const to = Math.min(bytes.length, start + lengthBytes - address);
    if (to > from) bytes.fill(0, from, to);
  }
}

function isMarker(words: Uint32Array, at: number, seed: number): boolean {
  for (let k = 0; k < MARKER_WORDS; k++) if (words[at + k] !== markerWord(seed, k)) return false;
  return true;
}

function markerWord(seed: number, index: number): number {
  return (Math.imul(index + seed * 64, 0x9e3779b1) ^ 0x2c1b3c6d) >>> 0;
}
