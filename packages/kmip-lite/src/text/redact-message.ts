import { walkTtlv } from './walk-ttlv.js';

const HEAD_BYTES = 8;

/**
 * A copy of a message that may be kept: what {@link renderMessage} redacts is zeros, all lengths and the rest as they
 * were, so that every reader of KMIP reads it. What cannot be read is zeros too.
 */
export function redactMessage(bytes: Uint8Array): Uint8Array {
  const kept = new Uint8Array(bytes.length);
  for (const one of walkTtlv(bytes)) {
    if ('unreadable' in one) break;
    const valueAt = one.offsetBytes + HEAD_BYTES;
    const end = one.type === 'Structure' || one.redacted ? valueAt : valueAt + one.lengthBytes;
    kept.set(bytes.subarray(one.offsetBytes, end), one.offsetBytes);
  }
  return kept;
}
