import { unsafe } from '@noble/ciphers/aes.js';
import { secretCopy } from '../secret-buffer.js';
import { BLOCK_SIZE_BYTES, checkUnit, countUnits } from './data-unit.js';
import { disposedKey, InlineCipher } from './inline-cipher.js';
import { whiten, writeUnitNumbers } from './whitening.js';
import type { XtsEngine } from './xts-engine.js';
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

/** `unsafe.encrypt` or `unsafe.decrypt`: one AES block as four little-endian words. */
type BlockFunction = typeof unsafe.encrypt;

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
    turnUnit(unit, tweak, schedules.tweak, unsafe.encrypt, schedules.encrypt, 'first');
  }

  decryptUnit(unit: Uint8Array, tweak: Uint8Array): void {
    const schedules = this.#live();
    turnUnit(unit, tweak, schedules.tweak, unsafe.decrypt, schedules.decrypt, 'second');
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

/** AES over whole blocks, in place. */
function turnBlocks(block: BlockFunction, schedule: Uint32Array, blocks: DataView): void {
  for (let at = 0; at < blocks.byteLength; at += BLOCK_SIZE_BYTES) {
    const { s0, s1, s2, s3 } = block(
      schedule,
      blocks.getUint32(at, true),
      blocks.getUint32(at + 4, true),
      blocks.getUint32(at + 8, true),
      blocks.getUint32(at + 12, true),
    );
    blocks.setUint32(at, s0, true);
    blocks.setUint32(at + 4, s1, true);
    blocks.setUint32(at + 8, s2, true);
    blocks.setUint32(at + 12, s3, true);
  }
}

/**
 * One data unit of any length. A last part block borrows the tail of the block before it (ciphertext stealing, IEEE
 * 1619-2018 sections 5.3.2 and 5.4.2).
 *
 * @param stealing which of the last two tweaks meets the last whole block: encryption takes them in order, decryption
 *   has to undo the stolen block first
 */
function turnUnit(
  unit: Uint8Array,
  tweak: Uint8Array,
  tweakSchedule: Uint32Array,
  block: BlockFunction,
  schedule: Uint32Array,
  stealing: 'first' | 'second',
): void {
  checkUnit(unit.length, tweak);
  const power = new DataView(secretCopy(tweak).buffer);
  turnBlocks(unsafe.encrypt, tweakSchedule, power);
  const turn = (at: number): void => {
    const one = new DataView(unit.buffer, unit.byteOffset + at, BLOCK_SIZE_BYTES);
    whiten(one, power, BLOCK_SIZE_BYTES);
    turnBlocks(block, schedule, one);
    whiten(one, power, BLOCK_SIZE_BYTES);
  };
  const partSizeBytes = unit.length % BLOCK_SIZE_BYTES;
  const wholeBytes = unit.length - partSizeBytes;
  const lastWhole = wholeBytes - BLOCK_SIZE_BYTES;
  const plainEnd = partSizeBytes === 0 ? wholeBytes : lastWhole;
  for (let at = 0; at < plainEnd; at += BLOCK_SIZE_BYTES) {
    turn(at);
    timesAlpha(power);
  }
  if (partSizeBytes === 0) return;

  const earlier = secretCopy(new Uint8Array(power.buffer));
  timesAlpha(power);
  const later = secretCopy(new Uint8Array(power.buffer));
  const [forWhole, forStolen] = stealing === 'first' ? [earlier, later] : [later, earlier];
  new Uint8Array(power.buffer).set(forWhole);
  turn(lastWhole);
  const part = unit.slice(wholeBytes);
  unit.copyWithin(wholeBytes, lastWhole, lastWhole + partSizeBytes);
  unit.set(part, lastWhole);
  new Uint8Array(power.buffer).set(forStolen);
  turn(lastWhole);
}

/** The tweak of the next block: one multiplication by x in GF(2^128), constant 0x87 (IEEE 1619-2018 section 5.2). */
function timesAlpha(power: DataView): void {
  const words = [0, 4, 8, 12].map((at) => power.getUint32(at, true));
  const overflow = power.getInt32(12, true) >> 31;
  let carry = overflow & 0x87;
  for (const [index, word] of words.entries()) {
    power.setUint32(index * 4, index === 0 ? (word << 1) ^ carry : (word << 1) | carry, true);
    carry = word >>> 31;
  }
}
