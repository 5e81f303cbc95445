import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { BLOCK_SIZE_BYTES, checkUnit, countUnits } from './data-unit.js';
import { disposedKey, InlineCipher } from './inline-cipher.js';
import type { Direction, XtsEngine } from './xts-engine.js';
import { splitXtsKey } from './xts-key.js';

/**
 * XTS-AES as everybody writes it first: one OpenSSL cipher for each data unit. Slow for the units of disks, where the
 * cipher's set-up costs more than its AES; right, and the yardstick of the other engines. Also what the native engine
 * falls to on a Node without WebAssembly SIMD, and how it does units too long for a batch.
 */
export function perUnitEngine(): XtsEngine {
  return {
    name: 'per-unit',
    prepare: (key) => new PerUnitCipher(key),
    allocateBuffer: (sizeBytes) => new Uint8Array(sizeBytes),
  };
}

/** The cipher of {@link perUnitEngine}. */
export class PerUnitCipher extends InlineCipher {
  #key: KeyObject | null;
  readonly #algorithm: string;

  /** @param key as for `XtsEngine.prepare` */
  constructor(key: Uint8Array) {
    super();
    splitXtsKey(key);
    this.#key = createSecretKey(key);
    this.#algorithm = key.length === 64 ? 'aes-256-xts' : 'aes-128-xts';
  }

  encryptRun(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): void {
    this.#run('encrypt', units, firstUnit, unitSizeBytes);
  }

  decryptRun(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): void {
    this.#run('decrypt', units, firstUnit, unitSizeBytes);
  }

  encryptUnit(unit: Uint8Array, tweak: Uint8Array): void {
    this.#unit('encrypt', unit, tweak);
  }

  decryptUnit(unit: Uint8Array, tweak: Uint8Array): void {
    this.#unit('decrypt', unit, tweak);
  }

  dispose(): void {
    // OpenSSL clears the key when the KeyObject is collected; Node offers no earlier moment.
    this.#key = null;
  }

  #run(direction: Direction, units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): void {
    this.#live();
    const count = countUnits(units.length, firstUnit, unitSizeBytes);
    const tweak = new Uint8Array(BLOCK_SIZE_BYTES);
    const number = new DataView(tweak.buffer);
    for (let index = 0; index < count; index++) {
      number.setBigUint64(0, firstUnit + BigInt(index), true);
      this.#unit(direction, units.subarray(index * unitSizeBytes, (index + 1) * unitSizeBytes), tweak);
    }
  }

  #unit(direction: Direction, unit: Uint8Array, tweak: Uint8Array): void {
    const key = this.#live();
    checkUnit(unit.length, tweak);
    // One cipher, one update: a second one would start the tweak over (facts/performance.md section 2).
    const create = direction === 'encrypt' ? createCipheriv : createDecipheriv;
    const turned = create(this.#algorithm, key, tweak).update(unit);
    unit.set(turned);
    turned.fill(0);
  }

  #live(): KeyObject {
    if (this.#key === null) throw disposedKey();
    return this.#key;
  }
}
