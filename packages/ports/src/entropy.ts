/**
 * Chance. Every draw says what it is for. An implementation may be seeded; then each stream depends on
 * (seed, actor, incarnation) only, so that a rebooted host never repeats what it drew before.
 */
export interface Entropy {
  /** `lengthBytes` unpredictable bytes that must stay secret (keys). The caller owns and zeroes the buffer. */
  secret(lengthBytes: number, label: string): Uint8Array;
  /** `lengthBytes` unpredictable bytes that may be seen (IVs, UUIDs, nonces). */
  public(lengthBytes: number, label: string): Uint8Array;
  /** A stream of its own for an actor, for example a host in its third boot. */
  fork(actor: string, incarnation: number): Entropy;
}

/** Draws a random UUID (RFC 9562, version 4) in lower case. */
export function drawUuid(entropy: Entropy, label: string): string {
  const bytes = entropy.public(16, label);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
