/** How bytes may be written down. `hex` is tried in both cases, `base64` and `base64url` at all three phases. */
export type NeedleForm = 'raw' | 'hex' | 'base64' | 'base64url' | 'reversed';

const SIX_BITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const BASE64 = new TextEncoder().encode(`${SIX_BITS}+/`);
const BASE64URL = new TextEncoder().encode(`${SIX_BITS}-_`);
const LOWER_HEX = new TextEncoder().encode('0123456789abcdef');
const UPPER_HEX = new TextEncoder().encode('0123456789ABCDEF');

/**
 * The bytes to look for when a needle may stand somewhere in a form. Buffers are off the JS heap and the caller's to
 * zero. No strings are made: those could not be.
 */
export function writtenAs(form: NeedleForm, plain: Uint8Array): Uint8Array[] {
  switch (form) {
    case 'raw':
      return [filled(plain.length, (i) => plain[i])];
    case 'reversed':
      return [filled(plain.length, (i) => plain[plain.length - 1 - i])];
    case 'hex':
      return [LOWER_HEX, UPPER_HEX].map((digits) =>
        filled(plain.length * 2, (i) => digits[((plain[i >> 1] ?? 0) >> (i % 2 === 0 ? 4 : 0)) & 15]),
      );
    case 'base64':
      return [0, 1, 2].map((phase) => base64Inside(plain, phase, BASE64));
    case 'base64url':
      return [0, 1, 2].map((phase) => base64Inside(plain, phase, BASE64URL));
  }
}

/**
 * The characters that are the same whatever stands before and after the bytes, when `phase` bytes of an unknown start
 * share the first group of three. Character c shows bits 6c to 6c + 5; those of the needle begin at bit 8 * phase.
 */
function base64Inside(plain: Uint8Array, phase: number, alphabet: Uint8Array): Uint8Array {
  const startBit = 8 * phase;
  const firstChar = Math.ceil(startBit / 6);
  const endChar = Math.floor((startBit + 8 * plain.length) / 6);
  return filled(endChar - firstChar, (i) => {
    const bit = 6 * (firstChar + i) - startBit;
    const two = ((plain[bit >> 3] ?? 0) << 8) | (plain[(bit >> 3) + 1] ?? 0);
    return alphabet[(two >> (10 - (bit & 7))) & 63];
  });
}

function filled(lengthBytes: number, byteAt: (index: number) => number | undefined): Uint8Array {
  const bytes = new Uint8Array(new ArrayBuffer(Math.max(0, lengthBytes)));
  for (let i = 0; i < bytes.length; i++) bytes[i] = byteAt(i) ?? 0;
  return bytes;
}
