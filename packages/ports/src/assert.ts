/** Thrown by {@link assert}: a mistake of ours, never of the world. It is not caught and not mapped to any wire. */
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
