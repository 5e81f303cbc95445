import { decodeTtlv, type Item, Tag, TtlvError } from '@vcryptsim/kmip-lite';
import type { Entropy } from '@vcryptsim/ports';
import { MaskedBytes } from '@vcryptsim/simkit';
import type { ScanNeedle } from '@vcryptsim/simkit/scan';

/**
 * The keys that a key server outside handed out. Nobody here saw them being made, so they are learned from the answers
 * to Get, above TLS, and kept masked: only as needles to search for.
 */
export class KeysOnWire {
  readonly #pads: Entropy;
  readonly #keys: MaskedBytes[] = [];

  /** @param pads draws the masks */
  constructor(pads: Entropy) {
    this.#pads = pads;
  }

  /** Looks for key material in a whole KMIP answer; of the message nothing is kept. */
  learn(message: Uint8Array): void {
    for (const bytes of keyMaterialIn(message)) {
      const isKnown = this.#keys.some((key) => key.lengthBytes === bytes.length && key.matchesAt(bytes, 0));
      if (!isKnown) this.#keys.push(MaskedBytes.of(bytes, this.#pads.public(bytes.length, 'mask of a learned key')));
    }
  }

  /** What was learned, named in the order in which it came: `kek #1 of the key server outside`. */
  needles(): ScanNeedle[] {
    return this.#keys.map((bytes, index) => ({ name: `kek #${index + 1} of the key server outside`, bytes }));
  }
}

function keyMaterialIn(message: Uint8Array): Uint8Array[] {
  try {
    return found(decodeTtlv(message));
  } catch (error) {
    if (error instanceof TtlvError) return [];
    throw error;
  }
}

// Views of the message: KMIP nests ten deep at most, and the reader has its own limit.
function found(item: Item): Uint8Array[] {
  if (item.type === 'Structure') return item.items.flatMap(found);
  return item.tag === Tag.KeyMaterial && item.type === 'ByteString' && item.bytes.length > 0 ? [item.bytes] : [];
}
