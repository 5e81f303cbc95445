import { nativeEngine } from './native-engine.js';
import type { XtsEngine } from './xts-engine.js';

/**
 * The engine to use when nobody asked for one: the native one, after its self-test.
 *
 * @throws CryptoError SELF_TEST_FAILED; there is no silent fall-back
 */
export function autoEngine(): XtsEngine {
  return nativeEngine();
}
