import { type Cipher, createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { CryptoError } from '../errors.js';
import { BLOCK_SIZE_BYTES, checkUnit, countUnits } from './data-unit.js';
import { whiten, writeUnitNumbers } from './whitening.js';
import type { XtsCipher, XtsEngine } from './xts-engine.js';
import { splitXtsKey } from './xts-key.js';

/**
 * XTS-AES on OpenSSL (AES-NI). One OpenSSL cipher per data unit costs more than the AES in it, so a run is done as ECB
 * between two whitenings: all tweaks in one call, all blocks in one call (facts/performance.md section 2).
 */
export function nativeEngine(): XtsEngine {
  return { name: 'native', prepare: (key) => new NativeCipher(key) };
}

/** Blocks go through OpenSSL in pieces of this size: larger output buffers fall off the allocator's page-fault cliff. */
const BATCH_SIZE_BYTES = 65_536;

interface Keys {
  /** Key1 || Key2, for single units. */
  readonly both: KeyObject;
  readonly key1: KeyObject;
  readonly key2: KeyObject;
}

class NativeCipher implements XtsCipher {
  #keys: Keys | null;

  constructor(key: Uint8Array) {
    const { key1, key2 } = splitXtsKey(key);
    this.#keys = { both: createSecretKey(key), key1: createSecretKey(key1), key2: createSecretKey(key2) };
  }

  encryptRun(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): void {
    const { key1, key2 } = this.#live();
    run(units, firstUnit, unitSizeBytes, key2, createCipheriv(ecb(key1), key1, null));
  }

  decryptRun(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): void {
    const { key1, key2 } = this.#live();
    run(units, firstUnit, unitSizeBytes, key2, createDecipheriv(ecb(key1), key1, null));
  }

  encryptUnit(unit: Uint8Array, tweak: Uint8Array): void {
    const { both } = this.#live();
    checkUnit(unit.length, tweak);
    unit.set(createCipheriv(xts(both), both, tweak).update(unit));
  }

  decryptUnit(unit: Uint8Array, tweak: Uint8Array): void {
    const { both } = this.#live();
    checkUnit(unit.length, tweak);
    unit.set(createDecipheriv(xts(both), both, tweak).update(unit));
  }

  dispose(): void {
    // OpenSSL clears a key when the last KeyObject goes; Node offers no earlier moment.
    this.#keys = null;
  }

  #live(): Keys {
    if (this.#keys === null) throw new CryptoError('DISPOSED', 'This XTS key was disposed of; prepare it again.');
    return this.#keys;
  }
}

function ecb(key: KeyObject): string {
  return key.symmetricKeySize === 32 ? 'aes-256-ecb' : 'aes-128-ecb';
}

function xts(key: KeyObject): string {
  return key.symmetricKeySize === 64 ? 'aes-256-xts' : 'aes-128-xts';
}

function run(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number, key2: KeyObject, blocks: Cipher): void {
  const count = countUnits(units.length, firstUnit, unitSizeBytes);
  blocks.setAutoPadding(false);
  const numbers = new Uint8Array(count * BLOCK_SIZE_BYTES);
  writeUnitNumbers(new DataView(numbers.buffer), firstUnit, count);
  const tweaks = createCipheriv(ecb(key2), key2, null).setAutoPadding(false).update(numbers);
  const tweakView = new DataView(tweaks.buffer, tweaks.byteOffset, tweaks.length);
  const unitView = new DataView(units.buffer, units.byteOffset, units.length);
  whiten(unitView, tweakView, unitSizeBytes);
  for (let at = 0; at < units.length; at += BATCH_SIZE_BYTES) {
    units.set(blocks.update(units.subarray(at, at + BATCH_SIZE_BYTES)), at);
  }
  whiten(unitView, tweakView, unitSizeBytes);
}
