// A million short units through the three ways to compute XTS. Keys and data come from one seed, so a failure repeats.
import { createCipheriv, createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { nativeEngine, perUnitEngine, portableEngine } from '../src/index.js';

const UNIT_BYTES = 32;
const UNITS_A_ROUND = 20_000;

/** Bytes of a seed: the key stream of AES-128 in counter mode. */
function seededBytes(lengthBytes: number, seed: number): Uint8Array {
  const key = createHash('sha256').update(`xts-engines ${seed}`).digest().subarray(0, 16);
  return new Uint8Array(createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(lengthBytes)));
}

it('native = portable = per-unit OpenSSL on 1,000,000 random units', () => {
  const native = nativeEngine();
  const key = seededBytes(64, 1);
  const [fast, slow, openssl] = [native.prepare(key), portableEngine().prepare(key), perUnitEngine().prepare(key)];
  const buffer = native.allocateBuffer(UNITS_A_ROUND * UNIT_BYTES);
  for (let round = 0; round < 50; round++) {
    const plain = seededBytes(buffer.length, round + 2);
    const first = BigInt.asUintN(63, new DataView(plain.buffer).getBigUint64(0));
    const [other, third] = [plain.slice(), plain.slice()];
    buffer.set(plain);
    fast.encryptRun(buffer, first, UNIT_BYTES);
    slow.encryptRun(other, first, UNIT_BYTES);
    openssl.encryptRun(third, first, UNIT_BYTES);
    expect(Buffer.compare(buffer, other)).toBe(0);
    expect(Buffer.compare(buffer, third)).toBe(0);
    fast.decryptRun(buffer, first, UNIT_BYTES);
    expect(Buffer.compare(buffer, plain)).toBe(0);
  }
});
