// The portable engine computes no hash, MAC or key derivation with OpenSSL: here OpenSSL's refuse.
import { createSecretKey } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import {
  counterKdfHmacSha256,
  Dek,
  hkdfSha256,
  hmac,
  Kek,
  NATIVE_HASHES,
  nativeEngine,
  PORTABLE_HASHES,
  pbkdf2,
  portableEngine,
} from '../src/index.js';

const state = vi.hoisted(() => ({ refuses: false, calls: 0 }));

vi.mock('node:crypto', async (original) => {
  const real = await original<typeof import('node:crypto')>();
  const watched = <F extends (...args: never[]) => unknown>(call: F): F =>
    ((...args: Parameters<F>) => {
      state.calls++;
      if (state.refuses) throw new Error('a hash of OpenSSL was used');
      return call(...args);
    }) as F;
  return {
    ...real,
    createHash: watched(real.createHash),
    createHmac: watched(real.createHmac),
    hkdfSync: watched(real.hkdfSync),
    pbkdf2Sync: watched(real.pbkdf2Sync),
  };
});

const bytes = (length: number, from = 1) => Uint8Array.from({ length }, (_, at) => (at * 31 + from) & 255);
const binding = { disk: 'x' };
const made = (engine: ReturnType<typeof portableEngine>) =>
  Dek.make({ engine, draw: (length) => bytes(length, 9), kek: Kek.take(bytes(32)), binding, iv: bytes(16) });

function withoutOpenssl<T>(work: () => T): T {
  state.refuses = true;
  try {
    return work();
  } finally {
    state.refuses = false;
  }
}

describe('the portable engine', () => {
  it('seals and opens a DEK and derives its keys without a hash of OpenSSL, and writes the same bytes', () => {
    const native = made(nativeEngine());
    const portable = withoutOpenssl(() => {
      const first = made(portableEngine());
      Dek.unseal({ engine: portableEngine(), kek: Kek.take(bytes(32)), locked: first.locked });
      return first;
    });
    expect(portable.locked).toEqual(native.locked);
    expect(portable.dek.keyCheckValue()).toBe(native.dek.keyCheckValue());
  });

  it('refuses a changed byte as the native one does', () => {
    const { locked } = made(portableEngine());
    for (const at of [0, 20, locked.length - 1]) {
      const changed = locked.map((byte, index) => (index === at ? byte ^ 1 : byte));
      const open = () => Dek.unseal({ engine: portableEngine(), kek: Kek.take(bytes(32)), locked: changed });
      expect(open).toThrow(expect.objectContaining({ code: 'LOCKED_DATA_MISMATCH' }));
    }
  });

  it('is watched: the native engine does use them', () => {
    expect(() => withoutOpenssl(() => made(nativeEngine()))).toThrow('a hash of OpenSSL was used');
  });
});

describe('hashes of both engines', () => {
  it.each([0, 1, 31, 32, 63, 64, 65, 127, 128, 129, 1000])('agree on keys and messages of %i bytes', (length) => {
    const key = bytes(length, 3);
    for (const hash of ['sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const) {
      const parts = [bytes(length, 5), bytes(7)];
      expect(withoutOpenssl(() => PORTABLE_HASHES.hmac(hash, key, parts))).toEqual(hmac(hash, key, ...parts));
      const o = { password: key, salt: bytes(8), iterations: 3, lengthBytes: 70 };
      expect(withoutOpenssl(() => pbkdf2(hash, { ...o, hashes: PORTABLE_HASHES }))).toEqual(pbkdf2(hash, o));
    }
    const hkdf = { key, salt: bytes(length, 2), info: bytes(9), lengthBytes: 80 };
    expect(withoutOpenssl(() => hkdfSha256({ ...hkdf, hashes: PORTABLE_HASHES }))).toEqual(hkdfSha256(hkdf));
    const kdf = { key, fixedInput: bytes(length), lengthBytes: 100 };
    const portable = withoutOpenssl(() => counterKdfHmacSha256({ ...kdf, hashes: PORTABLE_HASHES }));
    expect(portable).toEqual(counterKdfHmacSha256({ ...kdf, hashes: NATIVE_HASHES }));
  });

  it('take a key that is a KeyObject', () => {
    const key = createSecretKey(bytes(32));
    expect(PORTABLE_HASHES.hmac('sha256', key, [bytes(5)])).toEqual(NATIVE_HASHES.hmac('sha256', key, [bytes(5)]));
  });
});
