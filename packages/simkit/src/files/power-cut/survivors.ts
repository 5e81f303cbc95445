import type { Entropy } from '@vcryptsim/ports';
import { SeededEntropy } from '../../entropy/seeded-entropy.js';

/** What is on the medium after a power cut, of that which no fsync made durable. A seed draws names, lengths and sectors. */
export type Survivors = 'none' | 'all' | { readonly seed: number };

export const SECTOR_BYTES = 512;

/** Decides for one thing after the other whether it survives. */
export interface Draw {
  /** A change of names, or a new length. */
  survives(): boolean;
  /** How many of the first bytes of a changed sector are new: 0 to 512. */
  newBytes(): number;
}

const always = (survives: boolean): Draw => ({
  survives: () => survives,
  newBytes: () => (survives ? SECTOR_BYTES : 0),
});

/** @param cut which power cut it is, so that one seed does not draw the same twice */
export function drawOf(survivors: Survivors, cut: number): Draw {
  if (typeof survivors === 'string') return always(survivors === 'all');
  return new SeededDraw(new SeededEntropy(survivors.seed).fork('power cut', cut));
}

/** Draws from a stream of chance. */
export class SeededDraw implements Draw {
  readonly #entropy: Entropy;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(entropy: Entropy) {
    this.#entropy = entropy;
  }

  survives(): boolean {
    return this.#byte() < 128;
  }

  newBytes(): number {
    const chance = this.#byte();
    if (chance < 120) return SECTOR_BYTES;
    return chance < 240 ? 0 : this.below(SECTOR_BYTES - 1) + 1;
  }

  /** A whole number from 0 to `limit` - 1; `limit` at most 2^16. */
  below(limit: number): number {
    return (this.#byte() * 256 + this.#byte()) % limit;
  }

  #byte(): number {
    if (this.#at === this.#bytes.length) {
      this.#bytes = this.#entropy.public(256, 'survivors');
      this.#at = 0;
    }
    return this.#bytes[this.#at++] ?? 0;
  }
}
