import { KeyObject } from 'node:crypto';

/**
 * Lends the bytes of a key for one call of the portable engine, which has no use for a KeyObject; the copy is zeroed
 * after it. Bytes that came as bytes are the caller's own and stay as they are.
 */
export function withKeyBytes<T>(key: KeyObject | Uint8Array, use: (bytes: Uint8Array) => T): T {
  if (!(key instanceof KeyObject)) return use(key);
  const bytes = key.export();
  try {
    return use(bytes);
  } finally {
    bytes.fill(0);
  }
}
