import { assert } from '../assert.js';
import type { XtsCipher } from '../xts/xts-engine.js';
import { coveringUnits } from './unit-range.js';

/** What turns units over: an `XtsCipher`, or a `Dek`. */
export type RunCipher = Pick<XtsCipher, 'encryptRun' | 'decryptRun'>;

/** Where the ciphertext is: a file extent, a block device, memory. Only whole data units are asked for. */
export interface UnitStore {
  /** Fills `units` with the ciphertext from `firstUnit` on. */
  read(units: Uint8Array, firstUnit: bigint): Promise<void>;
  /** Stores the ciphertext in `units` from `firstUnit` on; keeps nothing of the view. */
  write(units: Uint8Array, firstUnit: bigint): Promise<void>;
}

/**
 * Plain bytes at any offset and of any length over a store of whole encrypted data units. A write that starts or ends
 * inside a unit reads that unit, changes its part and writes it whole (read-modify-write); a crash between the two
 * leaves the old or the new unit as far as the store does.
 *
 * One call at a time: all work goes through one buffer.
 */
export class EncryptedRange {
  readonly #cipher: RunCipher;
  readonly #store: UnitStore;
  readonly #unitSizeBytes: number;
  readonly #buffer: Uint8Array;

  /**
   * @param o.buffer at least one data unit; best from the engine's `allocateBuffer`, 64 KiB or more
   */
  constructor(o: { cipher: RunCipher; store: UnitStore; unitSizeBytes: number; buffer: Uint8Array }) {
    const wholeUnits = Math.floor(o.buffer.length / o.unitSizeBytes) * o.unitSizeBytes;
    assert(wholeUnits > 0, `a buffer of ${o.buffer.length} bytes holds no data unit of ${o.unitSizeBytes}`);
    this.#cipher = o.cipher;
    this.#store = o.store;
    this.#unitSizeBytes = o.unitSizeBytes;
    this.#buffer = o.buffer.subarray(0, wholeUnits);
  }

  /**
   * Reads and decrypts.
   *
   * @param target is filled with the bytes from `offsetBytes` on
   * @throws CryptoError (rejects) UNIT_SIZE, UNIT_RANGE, DISPOSED; and what the store throws
   */
  async read(target: Uint8Array, offsetBytes: bigint): Promise<void> {
    for (const piece of this.#pieces(target.length, offsetBytes)) {
      await this.#load(piece.units, piece.firstUnit);
      target.set(piece.units.subarray(piece.headBytes, piece.headBytes + piece.lengthBytes), piece.at);
    }
  }

  /**
   * Encrypts and writes.
   *
   * @throws CryptoError (rejects) as {@link read}
   */
  async write(source: Uint8Array, offsetBytes: bigint): Promise<void> {
    for (const { units, firstUnit, headBytes, tailBytes, at, lengthBytes } of this.#pieces(
      source.length,
      offsetBytes,
    )) {
      const lastAt = units.length - this.#unitSizeBytes;
      if (headBytes > 0) await this.#load(units.subarray(0, this.#unitSizeBytes), firstUnit);
      if (tailBytes > 0 && (headBytes === 0 || lastAt > 0)) {
        await this.#load(units.subarray(lastAt), firstUnit + BigInt(lastAt / this.#unitSizeBytes));
      }
      units.set(source.subarray(at, at + lengthBytes), headBytes);
      this.#cipher.encryptRun(units, firstUnit, this.#unitSizeBytes);
      await this.#store.write(units, firstUnit);
    }
  }

  async #load(units: Uint8Array, firstUnit: bigint): Promise<void> {
    await this.#store.read(units, firstUnit);
    this.#cipher.decryptRun(units, firstUnit, this.#unitSizeBytes);
  }

  /** Cuts a range into pieces whose units fit the buffer. */
  *#pieces(totalBytes: number, offsetBytes: bigint) {
    for (let at = 0; at < totalBytes; ) {
      const start = offsetBytes + BigInt(at);
      const headRoom = this.#buffer.length - Number(start % BigInt(this.#unitSizeBytes));
      const lengthBytes = Math.min(headRoom, totalBytes - at);
      const { firstUnit, unitCount, headBytes, tailBytes } = coveringUnits(start, lengthBytes, this.#unitSizeBytes);
      const units = this.#buffer.subarray(0, unitCount * this.#unitSizeBytes);
      yield { units, firstUnit, headBytes, tailBytes, at, lengthBytes };
      at += lengthBytes;
    }
  }
}
