import { createHmac, hkdfSync, type KeyObject, pbkdf2Sync } from 'node:crypto';
import { hkdf as nobleHkdf } from '@noble/hashes/hkdf.js';
import { hmac as nobleHmac } from '@noble/hashes/hmac.js';
import { sha1 } from '@noble/hashes/legacy.js';
import { pbkdf2 as noblePbkdf2 } from '@noble/hashes/pbkdf2.js';
import { sha224, sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { asBytes } from '../as-bytes.js';
import { withKeyBytes } from '../with-key-bytes.js';
import type { HashName } from './hash-name.js';

/** Who computes hashes, MACs and key derivations: OpenSSL, or audited JavaScript. Lengths are checked by the callers. */
export interface HashEngine {
  readonly name: 'native' | 'portable';
  hmac(hash: HashName, key: KeyObject | Uint8Array, parts: readonly Uint8Array[]): Uint8Array;
  /** HKDF with SHA-256 (RFC 5869). */
  hkdf(key: KeyObject | Uint8Array, salt: Uint8Array, info: Uint8Array, lengthBytes: number): Uint8Array;
  pbkdf2(
    hash: HashName,
    o: { password: Uint8Array; salt: Uint8Array; iterations: number; lengthBytes: number },
  ): Uint8Array;
}

/** Node's own, by OpenSSL. */
export const NATIVE_HASHES: HashEngine = {
  name: 'native',
  hmac(hash, key, parts) {
    const mac = createHmac(hash, key);
    for (const part of parts) mac.update(part);
    return asBytes(mac.digest());
  },
  hkdf: (key, salt, info, lengthBytes) => new Uint8Array(hkdfSync('sha256', key, salt, info, lengthBytes)),
  pbkdf2: (hash, o) => asBytes(pbkdf2Sync(o.password, o.salt, o.iterations, o.lengthBytes, hash)),
};

const NOBLE = { sha1, sha224, sha256, sha384, sha512 } as const;

/** @noble/hashes: no OpenSSL in what it computes. A key that is a KeyObject is copied out for the call and zeroed. */
export const PORTABLE_HASHES: HashEngine = {
  name: 'portable',
  hmac: (hash, key, parts) =>
    withKeyBytes(key, (bytes) => {
      const mac = nobleHmac.create(NOBLE[hash], bytes);
      for (const part of parts) mac.update(part);
      return mac.digest();
    }),
  hkdf: (key, salt, info, lengthBytes) =>
    withKeyBytes(key, (bytes) => nobleHkdf(sha256, bytes, salt, info, lengthBytes)),
  pbkdf2: (hash, o) => noblePbkdf2(NOBLE[hash], o.password, o.salt, { c: o.iterations, dkLen: o.lengthBytes }),
};

/** The hashes that go with an XTS engine: the portable one computes nothing with OpenSSL's. */
export function hashesOf(engine: { readonly name: string }): HashEngine {
  return engine.name === 'portable' ? PORTABLE_HASHES : NATIVE_HASHES;
}
