import { derivationSelfTest } from '../kdf/derivation-self-test.js';
import { nativeEngine } from './native-engine.js';
import { selfTest } from './self-test.js';
import type { XtsEngine } from './xts-engine.js';

/**
 * The engine to use when nobody asked for one: the native one, after its self-test and that of
 * the key derivation. There is no silent fall-back: an
 * engine that computes wrongly refuses to start.
 *
 * @param draw gives that many random bytes for the cross-check; a fixed pattern unless told
 * @throws CryptoError SELF_TEST_FAILED
 */
export function autoEngine(draw: (lengthBytes: number) => Uint8Array = pattern): XtsEngine {
  const engine = nativeEngine();
  selfTest(engine, draw);
  derivationSelfTest(draw);
  return engine;
}

function pattern(lengthBytes: number): Uint8Array {
  return Uint8Array.from({ length: lengthBytes }, (_, index) => (index * 167 + 13) ^ (index >> 5));
}
