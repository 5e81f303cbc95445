import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { CryptoError } from '../errors.js';
import { hkdfSha256 } from './hkdf.js';

/**
 * Tests the key derivation that every sealed file hangs on against a second hand's: the same key, salt and info through
 * @noble/hashes must give the same bytes.
 *
 * @param draw gives that many bytes for key, salt and info, best random ones
 * @param derive the derivation under test
 * @throws CryptoError SELF_TEST_FAILED
 */
export function derivationSelfTest(draw: (lengthBytes: number) => Uint8Array, derive = hkdfSha256): void {
  const [key, salt, info] = [draw(64), draw(32), draw(16)];
  const lengthBytes = 80; // two blocks and a half of SHA-256
  const ours = derive({ key, salt, info, lengthBytes });
  const theirs = hkdf(sha256, key, salt, info, lengthBytes);
  if (ours.every((byte, index) => byte === theirs[index])) return;
  throw new CryptoError(
    'SELF_TEST_FAILED',
    'HKDF-SHA-256 of this Node differs from @noble/hashes, so no key may be derived here. Try another Node version.',
  );
}
