import type { Entropy } from '@vcryptsim/ports';
import { InvalidArgumentError } from 'commander';

/** Reads `--seed`. @throws InvalidArgumentError */
export function seedOf(text: string): number {
  const seed = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(seed)) throw new InvalidArgumentError('Give a whole number, for example 42.');
  return seed;
}

/** Draws a seed where nobody asks for one. */
export function drawSeed(entropy: Entropy): number {
  return new DataView(entropy.public(4, 'seed').buffer).getUint32(0);
}
