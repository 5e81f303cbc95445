import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { cbc } from '@noble/ciphers/aes.js';
import { asBytes } from '../as-bytes.js';
import { withKeyBytes } from '../with-key-bytes.js';

/** Who computes AES-256-CBC over whole blocks, without padding: OpenSSL, or audited JavaScript. */
export interface CbcEngine {
  readonly name: 'native' | 'portable';
  /** @param iv 16 bytes @param blocks a multiple of 16 bytes; unchanged */
  encrypt(key: KeyObject, iv: Uint8Array, blocks: Uint8Array): Uint8Array;
  decrypt(key: KeyObject, iv: Uint8Array, blocks: Uint8Array): Uint8Array;
}

/** Node's own, by OpenSSL. */
export const NATIVE_CBC: CbcEngine = {
  name: 'native',
  encrypt: (key, iv, blocks) => asBytes(createCipheriv('aes-256-cbc', key, iv).setAutoPadding(false).update(blocks)),
  decrypt: (key, iv, blocks) => asBytes(createDecipheriv('aes-256-cbc', key, iv).setAutoPadding(false).update(blocks)),
};

/** @noble/ciphers: no OpenSSL in what it computes. The key is copied out for the call and zeroed. */
export const PORTABLE_CBC: CbcEngine = {
  name: 'portable',
  encrypt: (key, iv, blocks) => withKeyBytes(key, (bytes) => cbc(bytes, iv, { disablePadding: true }).encrypt(blocks)),
  decrypt: (key, iv, blocks) => withKeyBytes(key, (bytes) => cbc(bytes, iv, { disablePadding: true }).decrypt(blocks)),
};

/** The CBC that goes with an XTS engine: the portable one computes nothing with OpenSSL's. */
export function cbcOf(engine: { readonly name: string }): CbcEngine {
  return engine.name === 'portable' ? PORTABLE_CBC : NATIVE_CBC;
}
