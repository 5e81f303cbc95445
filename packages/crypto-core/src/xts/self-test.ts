import { CryptoError } from '../errors.js';
import { portableEngine } from './portable-engine.js';
import type { XtsEngine } from './xts-engine.js';

/** The first 64 bytes of IEEE 1619-2007 vector 10: blocks of a unit do not depend on later ones. */
const VECTOR = {
  key:
    '2718281828459045235360287471352662497757247093699959574966967627' +
    '3141592653589793238462643383279502884197169399375105820974944592',
  dataUnit: 0xffn,
  ciphertext:
    '1c3b3a102f770386e4836c99e370cf9bea00803f5e482357a4ae12d414a3e63b' +
    '5d31e276f8fe4a8d66b317f9ac683f44680a86ac35adfc3345befecb4bb188fd',
};

/** Units of the cross-check: more than four and not a multiple of four, so that both loops of the kernel run. */
const CROSS_CHECK_UNITS = 7;

/**
 * Tests an engine against a published vector and against the portable engine, both ways, before it touches a disk.
 *
 * @param draw gives that many bytes for the key and the data of the cross-check, best random ones
 * @throws CryptoError SELF_TEST_FAILED, naming the part that differed
 */
export function selfTest(engine: XtsEngine, draw: (lengthBytes: number) => Uint8Array): void {
  const plaintext = Uint8Array.from({ length: 64 }, (_, index) => index);
  const ciphertext = fromHex(VECTOR.ciphertext);
  turnBothWays(engine, fromHex(VECTOR.key), VECTOR.dataUnit, 64, plaintext, ciphertext, 'IEEE 1619 vector 10');

  const key = draw(64);
  try {
    const data = draw(CROSS_CHECK_UNITS * 512);
    const expected = data.slice();
    const portable = portableEngine().prepare(key);
    // Crosses 2^32, where a number kept in 32 bits would come back to zero.
    const firstUnit = 2n ** 32n - 3n;
    portable.encryptRun(expected, firstUnit, 512);
    portable.dispose();
    turnBothWays(engine, key, firstUnit, 512, data, expected, 'the cross-check with the portable engine');
  } finally {
    key.fill(0);
  }
}

function turnBothWays(
  engine: XtsEngine,
  key: Uint8Array,
  firstUnit: bigint,
  unitSizeBytes: number,
  plaintext: Uint8Array,
  ciphertext: Uint8Array,
  what: string,
): void {
  const cipher = engine.prepare(key);
  const units = engine.allocateBuffer(plaintext.length);
  units.set(plaintext);
  cipher.encryptRun(units, firstUnit, unitSizeBytes);
  const isEncrypted = equal(units, ciphertext);
  cipher.decryptRun(units, firstUnit, unitSizeBytes);
  const isDecrypted = equal(units, plaintext);
  cipher.dispose();
  if (isEncrypted && isDecrypted) return;
  throw new CryptoError(
    'SELF_TEST_FAILED',
    `The ${engine.name} XTS engine fails ${what} on this machine, so it must not touch a disk. Try another Node version, or --engine portable.`,
  );
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, index) => byte === b[index]);
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, at) => Number.parseInt(text.slice(at * 2, at * 2 + 2), 16));
}
