import { unsafe } from '@noble/ciphers/aes.js';
import { secretCopy } from '../secret-buffer.js';
import { type BlockFunction, turnBlocks } from './aes-blocks.js';
import { stealCiphertext } from './ciphertext-stealing.js';
import { BLOCK_SIZE_BYTES, checkUnit, countUnits } from './data-unit.js';
import { disposedKey, InlineCipher } from './inline-cipher.js';
import { whiten, writeUnitNumbers } from './whitening.js';
import type { Direction, XtsEngine } from './xts-engine.js';
import { splitXtsKey } from './xts-key.js';

/**
 * XTS-AES in plain TypeScript on the AES block of @noble/ciphers; no node:crypto anywhere below this call. It proves
 * the native engine and runs where OpenSSL is not wanted, at some 45 MB/s.
 */
export function portableEngine(): XtsEngine {
  return {
    name: 'portable',
    prepare: (key) => new PortableCipher(key),
    allocateBuffer: (sizeBytes) => new Uint8Array(sizeBytes),
  };
}

interface Schedules {
  /** Round keys of Key1, for the data, in both directions. */
  readonly encrypt: Uint32Array;
  readonly decrypt: Uint32Array;
  /** Round keys of Key2, which only ever encrypts: it makes the tweaks. */
  readonly tweak: Uint32Array;
}

/** Tweaks are made for this many data units at a time, so that a run of any length needs one small buffer. */
const UNITS_AT_A_TIME = 128;

class PortableCipher extends InlineCipher {
  #schedules: Schedules | null;
  readonly #tweaks = new DataView(new ArrayBuffer(UNITS_AT_A_TIME * BLOCK_SIZE_BYTES));

  constructor(key: Uint8Array) {
    super();
    const { key1, key2 } = splitXtsKey(key);
    this.#schedules = {
      encrypt: expand(key1, unsafe.expandKeyLE),
      decrypt: expand(key1, unsafe.expandKeyDecLE),
      tweak: expand(key2, unsafe.expandKeyLE),
    };
  }

  encryptRun(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): void {
    const schedules = this.#live();
    this.#run(units, firstUnit, unitSizeBytes, schedules.tweak, unsafe.encrypt, schedules.encrypt);
  }

  decryptRun(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): void {
    const schedules = this.#live();
    this.#run(units, firstUnit, unitSizeBytes, schedules.tweak, unsafe.decrypt, schedules.decrypt);
  }

  encryptUnit(unit: Uint8Array, tweak: Uint8Array): void {
    const schedules = this.#live();
    turnUnit(unit, tweak, schedules.tweak, 'encrypt', unsafe.encrypt, schedules.encrypt);
  }

  decryptUnit(unit: Uint8Array, tweak: Uint8Array): void {
    const schedules = this.#live();
    turnUnit(unit, tweak, schedules.tweak, 'decrypt', unsafe.decrypt, schedules.decrypt);
  }

  dispose(): void {
    if (this.#schedules === null) return;
    for (const schedule of Object.values(this.#schedules)) schedule.fill(0);
    this.#schedules = null;
  }

  #run(
    units: Uint8Array,
    firstUnit: bigint,
    unitSizeBytes: number,
    tweakSchedule: Uint32Array,
    block: BlockFunction,
    schedule: Uint32Array,
  ): void {
    const count = countUnits(units.length, firstUnit, unitSizeBytes);
    for (let done = 0; done < count; done += UNITS_AT_A_TIME) {
      const some = Math.min(UNITS_AT_A_TIME, count - done);
      writeUnitNumbers(this.#tweaks, firstUnit + BigInt(done), some);
      turnBlocks(unsafe.encrypt, tweakSchedule, new DataView(this.#tweaks.buffer, 0, some * BLOCK_SIZE_BYTES));
      const part = new DataView(units.buffer, units.byteOffset + done * unitSizeBytes, some * unitSizeBytes);
      whiten(part, this.#tweaks, unitSizeBytes);
      turnBlocks(block, schedule, part);
      whiten(part, this.#tweaks, unitSizeBytes);
      // The encrypted tweaks took the place of the numbers, whose upper halves must be zero next time.
      new Uint8Array(this.#tweaks.buffer).fill(0);
    }
  }

  #live(): Schedules {
    if (this.#schedules === null) throw disposedKey();
    return this.#schedules;
  }
}

/** Expands from an aligned copy of our own: noble would make an unaligned one itself, on the JavaScript heap. */
function expand(half: Uint8Array, by: (key: Uint8Array) => Uint32Array): Uint32Array {
  const copy = secretCopy(half);
  try {
    return by(copy);
  } finally {
    copy.fill(0);
  }
}

/** One data unit of any length: whole blocks as in a run, the last one and a part by ciphertext stealing. */
function turnUnit(
  unit: Uint8Array,
  tweak: Uint8Array,
  tweakSchedule: Uint32Array,
  direction: Direction,
  block: BlockFunction,
  schedule: Uint32Array,
): void {
  checkUnit(unit.length, tweak);
  const encrypted = new DataView(secretCopy(tweak).buffer);
  turnBlocks(unsafe.encrypt, tweakSchedule, encrypted);
  const turn = (at: number, lengthBytes: number, tweaks: DataView): void => {
    const blocks = new DataView(unit.buffer, unit.byteOffset + at, lengthBytes);
    whiten(blocks, tweaks, lengthBytes);
    turnBlocks(block, schedule, blocks);
    whiten(blocks, tweaks, lengthBytes);
  };
  try {
    if (unit.length % BLOCK_SIZE_BYTES === 0) turn(0, unit.length, encrypted);
    else stealCiphertext(unit, encrypted, direction, turn);
  } finally {
    new Uint8Array(encrypted.buffer).fill(0);
  }
}
