import type { Entropy } from '@vcryptsim/ports';
import { MaskedBytes } from '../masked-bytes.js';

/** One secret that was drawn: who drew it, for what, the how-manieth of that label, and its bytes under a mask. */
export interface SecretDraw {
  readonly actor: string;
  readonly incarnation: number;
  readonly label: string;
  readonly ordinal: number;
  readonly bytes: MaskedBytes;
}

/**
 * Remembers every secret draw of a run as a needle, so that a scan can look for it in files, on wires and in memory.
 * The plain bytes are never kept.
 */
export class SecretRecorder {
  readonly #draws: SecretDraw[] = [];
  readonly #pads: Entropy;

  /** @param pads where the masks come from; any entropy but the recorded one */
  constructor(pads: Entropy) {
    this.#pads = pads;
  }

  /** Takes note of a draw. `plain` is read, not kept. */
  record(draw: Omit<SecretDraw, 'bytes'>, plain: Uint8Array): void {
    this.#draws.push({ ...draw, bytes: MaskedBytes.of(plain, this.#pads.public(plain.length, 'mask')) });
  }

  /** Everything recorded so far, in the order of the draws. */
  draws(): readonly SecretDraw[] {
    return this.#draws;
  }
}
