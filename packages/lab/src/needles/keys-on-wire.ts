import { decodeTtlv, type Item, Tag, TtlvError } from '@vcryptsim/kmip-lite';
import type { Entropy } from '@vcryptsim/ports';
import { MaskedBytes } from '@vcryptsim/simkit';
import type { ScanNeedle } from '@vcryptsim/simkit/scan';

const SALT_BYTES = 16;

/**
 * The keys that a key server outside handed out. Nobody here saw them being made, so they are learned from the answers
 * to Get, above TLS, and kept masked: only as needles to search for.
 */
export class KeysOnWire {
  readonly #pads: Entropy;
  readonly #keys: MaskedBytes[] = [];
  /** The keys of each hash, so that one that comes again is compared with those few. */
  readonly #byHash = new Map<number, MaskedBytes[]>();
  readonly #salt: Uint8Array;

  /** @param pads draws the masks */
  constructor(pads: Entropy) {
    this.#pads = pads;
    this.#salt = pads.public(SALT_BYTES, 'salt of learned keys');
  }

  /** Looks for key material in a whole KMIP answer; of the message nothing is kept. */
  learn(message: Uint8Array): void {
    for (const bytes of keyMaterialIn(message)) {
      const hash = hashOf(bytes, this.#salt);
      const alike = this.#byHash.get(hash) ?? [];
      if (alike.some((key) => key.lengthBytes === bytes.length && key.matchesAt(bytes, 0))) continue;
      const key = MaskedBytes.of(bytes, this.#pads.public(bytes.length, 'mask of a learned key'));
      this.#keys.push(key);
      this.#byHash.set(hash, [...alike, key]);
    }
  }

  /**
   * What was learned, named in the order in which it came: `kek #1 of the key server outside`.
   *
   * @param from leaves out as many, the oldest ones
   */
  needles(from = 0): ScanNeedle[] {
    return this.#keys.slice(from).map((bytes, index) => {
      return { name: `kek #${from + index + 1} of the key server outside`, bytes };
    });
  }
}

// FNV-1a over salted bytes: 32 bits of a key that say nothing without the salt, and little with it.
function hashOf(bytes: Uint8Array, salt: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const [at, byte] of bytes.entries()) {
    hash = Math.imul(hash ^ byte ^ (salt[at % SALT_BYTES] ?? 0), 0x01000193) >>> 0;
  }
  return hash;
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
