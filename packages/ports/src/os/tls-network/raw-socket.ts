import type net from 'node:net';
import { assert } from '../../assert.js';

/**
 * Ciphertext bytes that a socket under TLS has given to the kernel, or null when it is closed.
 *
 * `socket.bytesWritten` does not count them, because TLS writes past it in C++; the handle does. It is the only
 * private property in use here (facts/virtual-time.md section 2).
 */
export function bytesSent(raw: net.Socket): number | null {
  const handle: unknown = Reflect.get(raw, '_handle');
  if (typeof handle !== 'object' || handle === null) return null;
  const count: unknown = Reflect.get(handle, 'bytesWritten');
  assert(typeof count === 'number', 'this version of Node counts bytes elsewhere; see raw-socket.ts');
  return count;
}
