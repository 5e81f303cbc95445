import { secretBuffer } from '../secret-buffer.js';

/*
 * Base64 (RFC 4648 section 4) from bytes to bytes. A key must never become a JavaScript string, which nobody can zero
 * (facts/reliability.md section 5), and must not choose which table entries or branches run: all digits are computed.
 */

const PADDING = 0x3d; // '='

/** 0xff where `low <= value <= high`, else 0, without a branch; all values below 256. */
function within(value: number, low: number, high: number): number {
  return (((low - 1 - value) & (value - high - 1)) >> 8) & 0xff;
}

/** The ASCII code of a digit 0 to 63. */
function digitOf(value: number): number {
  return (
    (within(value, 0, 25) & (value + 0x41)) |
    (within(value, 26, 51) & (value + 0x61 - 26)) |
    (within(value, 52, 61) & (value + 0x30 - 52)) |
    (within(value, 62, 62) & 0x2b) |
    (within(value, 63, 63) & 0x2f)
  );
}

/** The value of an ASCII digit, 0 to 63, with bit 8 set when it is none. */
function valueOfDigit(digit: number): number {
  const upper = within(digit, 0x41, 0x5a);
  const lower = within(digit, 0x61, 0x7a);
  const numeral = within(digit, 0x30, 0x39);
  const plus = within(digit, 0x2b, 0x2b);
  const slash = within(digit, 0x2f, 0x2f);
  const known = upper | lower | numeral | plus | slash;
  return (
    (upper & (digit - 0x41)) |
    (lower & (digit - 0x61 + 26)) |
    (numeral & (digit - 0x30 + 52)) |
    (plus & 62) |
    (slash & 63) |
    ((known ^ 0xff) << 1)
  );
}

/**
 * Encodes with padding.
 *
 * @returns a new secret buffer of ASCII bytes; the caller zeroes it
 */
export function encodeBase64(bytes: Uint8Array): Uint8Array {
  const text = secretBuffer(Math.ceil(bytes.length / 3) * 4).fill(PADDING);
  let pending = 0;
  let pendingBits = 0;
  let at = 0;
  for (const byte of bytes) {
    pending = ((pending << 8) | byte) & 0xffff;
    pendingBits += 8;
    while (pendingBits >= 6) {
      pendingBits -= 6;
      text[at++] = digitOf((pending >> pendingBits) & 0x3f);
    }
  }
  if (pendingBits > 0) text[at] = digitOf((pending << (6 - pendingBits)) & 0x3f);
  return text;
}

/**
 * Decodes the canonical form only: whole quartets, padding as needed, unused bits zero.
 *
 * @returns a new secret buffer, which the caller zeroes, or null for anything else
 */
export function decodeBase64(text: Uint8Array): Uint8Array | null {
  if (text.length % 4 !== 0) return null;
  const padded = text.at(-1) === PADDING ? (text.at(-2) === PADDING ? 2 : 1) : 0;
  const bytes = secretBuffer((text.length / 4) * 3 - padded);
  let pending = 0;
  let pendingBits = 0;
  let at = 0;
  let wrong = 0;
  for (const digit of text.subarray(0, text.length - padded)) {
    const value = valueOfDigit(digit);
    wrong |= value & ~0x3f;
    pending = ((pending << 6) | (value & 0x3f)) & 0xffff;
    pendingBits += 6;
    if (pendingBits >= 8) {
      pendingBits -= 8;
      bytes[at++] = (pending >> pendingBits) & 0xff;
    }
  }
  wrong |= pending & ((1 << pendingBits) - 1);
  if (wrong === 0) return bytes;
  bytes.fill(0);
  return null;
}
