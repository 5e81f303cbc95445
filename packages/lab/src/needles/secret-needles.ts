import type { Entropy } from '@vcryptsim/ports';
import { MaskedBytes, type SecretRecorder } from '@vcryptsim/simkit';
import type { ScanNeedle } from '@vcryptsim/simkit/scan';
import type { KeysOnWire } from './keys-on-wire.js';

/** Bytes of the needle that every run plants and must find. */
const PLANTED_BYTES = 32;

/** Which secrets a search looks for. */
export type SecretKind = 'kek' | 'dek';

/**
 * Turns what the recorder saw drawn into needles. Those are masked copies, so the needles themselves are found
 * nowhere.
 */
export class SecretNeedles {
  readonly #recorder: SecretRecorder;
  readonly #learned: KeysOnWire;
  /** A needle that no file or wire holds but where the run plants it. */
  readonly planted: { readonly name: string; readonly bytes: MaskedBytes };

  /**
   * @param learned keys that were made outside, where no recorder sees it
   * @param entropy draws the planted needle's bytes
   */
  constructor(recorder: SecretRecorder, learned: KeysOnWire, entropy: Entropy) {
    this.#recorder = recorder;
    this.#learned = learned;
    const draw = (label: string) => entropy.public(PLANTED_BYTES, label);
    this.planted = { name: 'planted needle', bytes: MaskedBytes.of(draw('planted needle'), draw('mask')) };
  }

  /** Needles of these kinds, named by what they were drawn for: `kek #1 of kms`. */
  of(...kinds: readonly SecretKind[]): ScanNeedle[] {
    return this.follow(...kinds)();
  }

  /** Begins to follow these kinds: each call answers those needles that came since the call before. */
  follow(...kinds: readonly SecretKind[]): () => ScanNeedle[] {
    let drawn = 0;
    let learned = 0;
    return () => {
      const draws = this.#recorder.draws().slice(drawn);
      drawn += draws.length;
      const fresh = draws
        .filter(({ label }) => kinds.some((kind) => kindOfLabel(label) === kind))
        .map(({ label, ordinal, actor, bytes }) => ({ name: `${label} #${ordinal + 1} of ${actor}`, bytes }));
      if (!kinds.includes('kek')) return fresh;
      const heard = this.#learned.needles(learned);
      learned += heard.length;
      return [...fresh, ...heard];
    };
  }
}

// The labels under which the key server draws KEKs and the hosts draw DEKs.
function kindOfLabel(label: string): SecretKind | null {
  if (/\bdek\b/i.test(label)) return 'dek';
  if (/\b(?:kek|symmetric key|key material)\b/i.test(label)) return 'kek';
  return null;
}
