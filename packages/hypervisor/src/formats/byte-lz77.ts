/*
 * The byte LZ77 in which memory is packed before it is sealed (facts/vsphere-formats.md Q6), the form that FastLZ calls
 * level 2, without its mark in the first byte. A control byte c is one of
 *
 *   c < 0x20    c + 1 literal bytes follow
 *   otherwise   copy: length (c >> 5) + 2; where c >> 5 is 7, bytes follow that are added, up to and with the first that
 *               is not 255. Then a byte: distance = ((c & 31) << 8 | byte) + 1; where those 13 bits are 0x1fff, two bytes
 *               follow, high one first, that are added.
 *
 * A copy may overlap what it makes: a run of zeros is one literal and one copy.
 */

const LITERALS_MAX = 32;
const SHORTEST_COPY = 3;
/** The 13 bits of a near distance; all ones are the mark of a far one. */
const FAR_MARK = 0x1fff;
const DISTANCE_MAX = FAR_MARK + 0xffff + 1;
const HASH_BITS = 14;

/**
 * Packs bytes.
 *
 * @returns null where the packed form is not shorter
 */
export function packBytes(plain: Uint8Array): Uint8Array | null {
  const out = new Uint8Array(plain.length);
  const seen = new Int32Array(1 << HASH_BITS).fill(-1);
  let at = 0;
  let end = 0;
  let literals = 0;
  while (at < plain.length) {
    const from = at + SHORTEST_COPY <= plain.length ? lookUp(plain, seen, at) : -1;
    if (from < 0 || at - from > DISTANCE_MAX || plain[from + 2] !== plain[at + 2]) {
      // A literal: its run's control byte is written with its first and raised with each.
      const needs = literals === 0 ? 2 : 1;
      if (end + needs > out.length) return null;
      if (literals === 0) out[end++] = 0;
      else out[end - literals - 1] = literals;
      out[end++] = plain[at++] ?? 0;
      literals = (literals + 1) % LITERALS_MAX;
      continue;
    }
    literals = 0;
    const lengthBytes = matchLength(plain, from, at);
    end = writeCopy(out, end, lengthBytes, at - from);
    if (end < 0) return null;
    at += lengthBytes;
  }
  return end < plain.length ? out.slice(0, end) : null;
}

/** Where the same three bytes stood last, or -1; remembers that they stand here. */
function lookUp(plain: Uint8Array, seen: Int32Array, at: number): number {
  const word = (plain[at] ?? 0) | ((plain[at + 1] ?? 0) << 8) | ((plain[at + 2] ?? 0) << 16);
  const slot = Math.imul(word, 2_654_435_761) >>> (32 - HASH_BITS);
  const from = seen[slot] ?? -1;
  seen[slot] = at;
  return from >= 0 && plain[from] === plain[at] && plain[from + 1] === plain[at + 1] ? from : -1;
}

function matchLength(plain: Uint8Array, from: number, at: number): number {
  let lengthBytes = SHORTEST_COPY;
  while (at + lengthBytes < plain.length && plain[from + lengthBytes] === plain[at + lengthBytes]) lengthBytes += 1;
  return lengthBytes;
}

/** @returns where the output ends now; -1 when there is no room */
function writeCopy(out: Uint8Array, start: number, lengthBytes: number, distance: number): number {
  let end = start;
  let more = lengthBytes - 2 - 7;
  if (end + 6 + Math.max(0, Math.floor(more / 255)) > out.length) return -1;
  const near = Math.min(distance - 1, FAR_MARK);
  out[end++] = (Math.min(lengthBytes - 2, 7) << 5) | (near >> 8);
  if (more >= 0) {
    for (; more >= 255; more -= 255) out[end++] = 255;
    out[end++] = more;
  }
  out[end++] = near & 255;
  if (near === FAR_MARK) {
    const far = distance - 1 - FAR_MARK;
    out[end++] = far >> 8;
    out[end++] = far & 255;
  }
  return end;
}

/**
 * Unpacks what {@link packBytes} made, and writes nowhere but into `plain`.
 *
 * @param plain as long as the plaintext
 * @returns false where the bytes are not such a packing of so many bytes; `plain` is undefined then
 */
export function unpackBytes(packed: Uint8Array, plain: Uint8Array): boolean {
  let at = 0;
  let end = 0;
  while (at < packed.length) {
    const control = packed[at++] ?? 0;
    if (control < LITERALS_MAX) {
      const count = control + 1;
      if (at + count > packed.length || end + count > plain.length) return false;
      plain.set(packed.subarray(at, at + count), end);
      at += count;
      end += count;
      continue;
    }
    let lengthBytes = (control >> 5) + 2;
    if (control >> 5 === 7) {
      let more = 255;
      while (more === 255) {
        if (at >= packed.length) return false;
        more = packed[at++] ?? 0;
        lengthBytes += more;
      }
    }
    if (at >= packed.length) return false;
    let distance = (((control & 31) << 8) | (packed[at++] ?? 0)) + 1;
    if (distance === FAR_MARK + 1) {
      if (at + 2 > packed.length) return false;
      distance += ((packed[at] ?? 0) << 8) | (packed[at + 1] ?? 0);
      at += 2;
    }
    if (distance > end || end + lengthBytes > plain.length) return false;
    copyWithin(plain, end, distance, lengthBytes);
    end += lengthBytes;
  }
  return end === plain.length;
}

/** As if byte by byte, so that it may overlap; pieces double until the whole is there. */
function copyWithin(plain: Uint8Array, end: number, distance: number, lengthBytes: number): void {
  let done = 0;
  while (done < lengthBytes) {
    const piece = Math.min(distance + done, lengthBytes - done);
    plain.copyWithin(end + done, end - distance, end - distance + piece);
    done += piece;
  }
}
