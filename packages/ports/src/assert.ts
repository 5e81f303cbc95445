/** Thrown by {@link assert}: a mistake of ours, never of the world. Only a server's border catches it: one answer fails, not all. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/**
 * States what must hold if our own code is right. For anything the world may do wrong (input, files, peers) throw a
 * coded error instead.
 *
 * @param condition what must hold
 * @param message a sentence about what did not; never with key bytes
 * @throws AssertionError when the condition does not hold
 */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}
