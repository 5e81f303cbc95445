/**
 * Memory for secrets. An explicit ArrayBuffer always lies outside the JavaScript heap, where the garbage collector
 * moves nothing and so leaves no copies; a small `new Uint8Array(n)` does not, and a `Buffer` may be a slice of Node's
 * shared pool (facts/reliability.md section 5). Zero it in `finally`.
 *
 * @param lengthBytes at least 0; the bytes start as zero
 */
export function secretBuffer(lengthBytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(lengthBytes));
}

/** A copy of `bytes` in a {@link secretBuffer}. */
export function secretCopy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = secretBuffer(bytes.length);
  copy.set(bytes);
  return copy;
}
