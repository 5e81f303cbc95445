import { assert } from '../assert.js';
import { CryptoError } from '../errors.js';
import { secretCopy } from '../secret-buffer.js';
import { KEK_SIZE_BYTES, Kek } from './kek.js';
import { Unprintable } from './unprintable.js';

let open: (parcel: KeyParcel) => Kek;

/**
 * A KEK in transit: vCenter takes it from a KMS and hands it to hosts without ever seeing it (design rule 6). A parcel
 * is spent once, by opening, splitting or disposing of it; the bytes it held are zero from then on.
 */
export class KeyParcel extends Unprintable {
  readonly #bytes: Uint8Array;
  #spent = false;

  private constructor(bytes: Uint8Array) {
    super();
    this.#bytes = bytes;
  }

  /**
   * Seals a key that came over a wire.
   *
   * @param view 32 bytes, copied; the caller zeroes its frame
   * @throws CryptoError LENGTH: a KEK is an AES-256 key
   */
  static seal(view: Uint8Array): KeyParcel {
    if (view.length !== KEK_SIZE_BYTES) {
      throw new CryptoError('LENGTH', `A KEK has ${KEK_SIZE_BYTES} bytes (AES-256), not ${view.length}.`);
    }
    return new KeyParcel(secretCopy(view));
  }

  /**
   * Makes one parcel for each receiver and spends this one.
   *
   * @param count 1 or more
   * @throws CryptoError PARCEL_SPENT
   */
  split(count: number): KeyParcel[] {
    assert(Number.isInteger(count) && count >= 1, `a parcel is split for 1 or more receivers, not ${count}`);
    this.#checkUnspent();
    try {
      return Array.from({ length: count }, () => new KeyParcel(secretCopy(this.#bytes)));
    } finally {
      this.dispose();
    }
  }

  /** Zeroes the bytes and spends the parcel; a second dispose is silent. */
  dispose(): void {
    this.#bytes.fill(0);
    this.#spent = true;
  }

  get spent(): boolean {
    return this.#spent;
  }

  #checkUnspent(): void {
    if (this.#spent) {
      throw new CryptoError(
        'PARCEL_SPENT',
        'This key parcel was opened, split or disposed of before; fetch the key again.',
      );
    }
  }

  // The one way in, for parcel-open.ts alone: a private name that only code inside this class body can reach.
  static {
    open = (parcel) => {
      parcel.#checkUnspent();
      try {
        return Kek.take(parcel.#bytes);
      } finally {
        parcel.dispose();
      }
    };
  }
}

/**
 * Opens a parcel and spends it. Behind the door `crypto-core/parcel-open`, which hosts and the trust authority import.
 *
 * @throws CryptoError PARCEL_SPENT
 */
export function openParcel(parcel: KeyParcel): Kek {
  return open(parcel);
}
