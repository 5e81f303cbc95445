import type { Buffer } from 'node:buffer';

/**
 * What node:crypto returned, as the plain Uint8Array of our signatures: `slice` copies again, and no method spells the
 * bytes as text. Nothing is copied here.
 */
export function asBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
