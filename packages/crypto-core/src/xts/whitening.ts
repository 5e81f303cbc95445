import { BLOCK_SIZE_BYTES } from './data-unit.js';

/**
 * XTS is ECB between two whitenings: block j of a data unit is XORed with T * alpha^j before and after AES, where T is
 * the unit's encrypted tweak and alpha is x in GF(2^128) modulo x^128 + x^7 + x^2 + x + 1 (IEEE 1619-2018 section 5.2).
 * Because all the multiplying is here, AES itself can run over thousands of blocks in one call.
 *
 * @param units the data units, whole, one after another; changed in place
 * @param tweaks the encrypted tweak of each unit, 16 bytes each; read only
 * @param unitSizeBytes a multiple of 16
 */
export function whiten(units: DataView, tweaks: DataView, unitSizeBytes: number): void {
  for (let start = 0, tweak = 0; start < units.byteLength; start += unitSizeBytes, tweak += BLOCK_SIZE_BYTES) {
    let t0 = tweaks.getUint32(tweak, true);
    let t1 = tweaks.getUint32(tweak + 4, true);
    let t2 = tweaks.getUint32(tweak + 8, true);
    let t3 = tweaks.getUint32(tweak + 12, true);
    for (let at = start; at < start + unitSizeBytes; at += BLOCK_SIZE_BYTES) {
      units.setUint32(at, units.getUint32(at, true) ^ t0, true);
      units.setUint32(at + 4, units.getUint32(at + 4, true) ^ t1, true);
      units.setUint32(at + 8, units.getUint32(at + 8, true) ^ t2, true);
      units.setUint32(at + 12, units.getUint32(at + 12, true) ^ t3, true);
      const overflow = t3 >> 31;
      t3 = (t3 << 1) | (t2 >>> 31);
      t2 = (t2 << 1) | (t1 >>> 31);
      t1 = (t1 << 1) | (t0 >>> 31);
      t0 = (t0 << 1) ^ (overflow & 0x87);
    }
  }
}

/**
 * Writes consecutive data unit numbers as the 16-byte little-endian tweaks that Key2 encrypts.
 *
 * @param target room for `count` tweaks; the upper half of each must be zero already and stays so
 * @param firstUnit 0 to 2^64 - 1
 */
export function writeUnitNumbers(target: DataView, firstUnit: bigint, count: number): void {
  // Two 32-bit halves: a BigInt carried round a hot loop brings Node 20's optimiser down.
  let low = Number(firstUnit & 0xffff_ffffn);
  let high = Number(firstUnit >> 32n);
  for (let at = 0; at < count * BLOCK_SIZE_BYTES; at += BLOCK_SIZE_BYTES) {
    target.setUint32(at, low, true);
    target.setUint32(at + 4, high, true);
    low = (low + 1) >>> 0;
    if (low === 0) high += 1;
  }
}
