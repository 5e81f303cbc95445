import type { Entropy } from '@vcryptsim/ports';

/** Draws the content ID (CID) of a descriptor: neither "no parent" nor "never written". */
export function drawContentId(entropy: Entropy): number {
  const [a = 0, b = 0, c = 0, d = 0] = entropy.public(4, 'content ID');
  return ((a & 0x7f) << 24) | (b << 16) | (c << 8) | d;
}
