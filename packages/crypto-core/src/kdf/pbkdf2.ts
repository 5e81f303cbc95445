import { CryptoError } from '../errors.js';
import { type HashEngine, NATIVE_HASHES } from './hash-engine.js';
import type { HashName } from './hash-name.js';

/** What PBKDF2 stretches, and how far. */
export interface Pbkdf2Input {
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  /** 1 or more; the cost for who guesses. */
  readonly iterations: number;
  /** 1 or more. */
  readonly lengthBytes: number;
  /** Who computes; Node unless told. */
  readonly hashes?: HashEngine;
}

/**
 * PBKDF2 (RFC 8018 section 5.2). Synchronous and slow by design.
 *
 * @returns a buffer of its own; the caller zeroes it
 * @throws CryptoError LENGTH for iterations or a length below 1
 */
export function pbkdf2(hash: HashName, o: Pbkdf2Input): Uint8Array {
  if (![o.iterations, o.lengthBytes].every((number) => Number.isInteger(number) && number >= 1)) {
    throw new CryptoError(
      'LENGTH',
      `PBKDF2 takes 1 or more iterations and bytes, not ${o.iterations} and ${o.lengthBytes}.`,
    );
  }
  return (o.hashes ?? NATIVE_HASHES).pbkdf2(hash, o);
}

/** {@link pbkdf2} with HMAC-SHA-256. */
export function pbkdf2Sha256(o: Pbkdf2Input): Uint8Array {
  return pbkdf2('sha256', o);
}
