import type { Entropy } from '@vcryptsim/ports';
import { formatContentKeyId, NO_CONTENT_KEY } from '../formats/content-key-id.js';

/** Draws the `keyID` of a new DEK: eight hex digits, never those that say that there is no key. */
export function drawContentKeyId(entropy: Entropy): string {
  const [a = 0, b = 0, c = 0, d = 0] = entropy.public(4, 'content key ID');
  const id = formatContentKeyId(((a << 24) | (b << 16) | (c << 8) | d) >>> 0);
  return id === NO_CONTENT_KEY ? formatContentKeyId(1) : id;
}
