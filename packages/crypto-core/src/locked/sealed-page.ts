import type { KeyObject } from 'node:crypto';
import { timingSafeEqual } from '../constant-time.js';
import { CryptoError } from '../errors.js';
import type { HashEngine } from '../kdf/hash-engine.js';
import type { CbcEngine } from './cbc-engine.js';

/*
 * A sealed page, as the "encobj" of VMware's state files has them (facts/vsphere-formats.md Q6):
 *
 *   offset  bytes  what
 *   0       n      AES-256-CBC, no padding, of the plaintext
 *   n       16     IV
 *   n+16    16     MAC
 *
 * Layout, cipher and lengths are VMware's. Nobody has worked out its MAC; this one is ours: HMAC-SHA-256, cut to 16
 * bytes, over length (4 bytes, little endian) and bytes of the binding, the IV, and the ciphertext. Encrypt-then-MAC: of
 * a changed page nothing is decrypted.
 */

const BLOCK_SIZE_BYTES = 16;
const IV_SIZE_BYTES = 16;
const MAC_SIZE_BYTES = 16;

/** By how much a sealed page is longer than its plaintext: IV and MAC. */
export const SEALED_PAGE_OVERHEAD_BYTES = IV_SIZE_BYTES + MAC_SIZE_BYTES;

/** The two independent keys of a page, and who computes. */
export interface PageKeys {
  readonly cipherKey: KeyObject;
  readonly macKey: KeyObject;
  readonly cbc: CbcEngine;
  readonly hashes: HashEngine;
}

/** What a page is bound to, and the IV it is sealed with. */
export interface PageOptions {
  /** Which page of what this is. Authenticated and not stored: whoever opens the page must know it. */
  readonly binding: Uint8Array;
  /** 16 bytes drawn at random for this page. */
  readonly iv: Uint8Array;
}

/**
 * Seals a page.
 *
 * @param plaintext a multiple of 16 bytes, 16 or more; unchanged
 * @returns ciphertext, IV and MAC: `plaintext.length + 32` bytes
 * @throws CryptoError LENGTH
 */
export function sealPage(keys: PageKeys, plaintext: Uint8Array, o: PageOptions): Uint8Array {
  if (o.iv.length !== IV_SIZE_BYTES || plaintext.length === 0 || plaintext.length % BLOCK_SIZE_BYTES !== 0) {
    throw new CryptoError('LENGTH', 'A page has 16 bytes or a multiple, and its IV has 16.');
  }
  const page = new Uint8Array(plaintext.length + SEALED_PAGE_OVERHEAD_BYTES);
  page.set(keys.cbc.encrypt(keys.cipherKey, o.iv, plaintext));
  page.set(o.iv, plaintext.length);
  page.set(macOf(keys, page, o.binding), plaintext.length + IV_SIZE_BYTES);
  return page;
}

/**
 * Checks and opens what {@link sealPage} made. Nothing is decrypted before the MAC was checked.
 *
 * @returns the plaintext; the caller zeroes it where it is secret
 * @throws CryptoError ENVELOPE_MISMATCH for another key, another binding, changed or missing bytes
 */
export function openPage(keys: PageKeys, page: Uint8Array, o: { readonly binding: Uint8Array }): Uint8Array {
  const lengthBytes = page.length - SEALED_PAGE_OVERHEAD_BYTES;
  if (lengthBytes < BLOCK_SIZE_BYTES || lengthBytes % BLOCK_SIZE_BYTES !== 0) throw mismatch();
  const iv = page.subarray(lengthBytes, lengthBytes + IV_SIZE_BYTES);
  if (!timingSafeEqual(macOf(keys, page, o.binding), page.subarray(-MAC_SIZE_BYTES))) throw mismatch();
  return keys.cbc.decrypt(keys.cipherKey, iv, page.subarray(0, lengthBytes));
}

/** Over everything of a page but the MAC's own place. */
function macOf({ hashes, macKey }: PageKeys, page: Uint8Array, binding: Uint8Array): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, binding.length, true);
  const mac = hashes.hmac('sha256', macKey, [length, binding, page.subarray(0, -MAC_SIZE_BYTES)]);
  return mac.subarray(0, MAC_SIZE_BYTES);
}

function mismatch(): CryptoError {
  return new CryptoError(
    'ENVELOPE_MISMATCH',
    'The page does not open: another key, another place or file, or changed bytes. Restore the file from a backup.',
  );
}
