import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Kek } from '../src/index.js';
import { fromHex, toHex } from './vectors/hex.js';

const KEY = fromHex('603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4');
const IV = fromHex('000102030405060708090a0b0c0d0e0f');
const kek = Kek.take(KEY.slice());

/** Locked data by hand, with any padding and any MAC: what a forger may send. */
function lockByHand(padded: Uint8Array, mac: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-cbc', KEY, IV).setAutoPadding(false);
  return Uint8Array.from([...IV, ...cipher.update(padded), ...mac]);
}

describe('locked data', () => {
  it('is IV, AES-256-CBC and HMAC-SHA-256 over the plaintext, under one key', () => {
    const plaintext = new TextEncoder().encode('type=key:cipher=AES-256:key=...');
    const locked = kek.lock(plaintext, IV);
    expect(locked.subarray(0, 16)).toEqual(IV);
    const decipher = createDecipheriv('aes-256-cbc', KEY, IV);
    const opened = Buffer.concat([decipher.update(locked.subarray(16, -32)), decipher.final()]);
    expect(opened.toString()).toBe('type=key:cipher=AES-256:key=...');
    expect(toHex(locked.subarray(-32))).toBe(createHmac('sha256', KEY).update(plaintext).digest('hex'));
  });

  it('opens to the same bytes, whatever their length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes, iv) => {
        const locked = kek.lock(bytes, iv);
        expect(locked.length).toBe(16 + (Math.floor(bytes.length / 16) + 1) * 16 + 32);
        expect(kek.unlock(locked)).toEqual(bytes);
      }),
    );
  });

  it('refuses a flip of every bit with one and the same error', () => {
    const locked = kek.lock(Uint8Array.of(1, 2, 3), IV);
    const messages = new Set<string>();
    for (let bit = 0; bit < locked.length * 8; bit++) {
      const forged = locked.slice();
      forged[bit >> 3]! ^= 1 << (bit & 7);
      messages.add(refusal(forged));
    }
    expect([...messages]).toEqual([expect.stringContaining('LOCKED_DATA_MISMATCH')]);
  });

  it('refuses every wrong padding as it refuses a wrong MAC', () => {
    const block = new Uint8Array(16).fill(0x77);
    for (let last = 0; last < 256; last++) {
      block[15] = last;
      const plaintext = block.slice(0, Math.max(16 - last, 0));
      const forged = lockByHand(block, createHmac('sha256', KEY).update(plaintext).digest());
      if (last === 1) expect(kek.unlock(forged)).toEqual(plaintext);
      else expect(refusal(forged)).toBe(refusal(new Uint8Array(64)));
    }
  });

  it('takes a whole block of padding', () => {
    const empty = lockByHand(new Uint8Array(16).fill(16), createHmac('sha256', KEY).digest());
    expect(kek.unlock(empty)).toHaveLength(0);
  });

  it('refuses what is cut, extended or empty, and another KEK', () => {
    const locked = kek.lock(new Uint8Array(40), IV);
    for (const length of [0, 15, 16, 47, 48, 63, locked.length - 16, locked.length - 1]) {
      expect(refusal(locked.subarray(0, length))).toBe(refusal(new Uint8Array(64)));
    }
    expect(refusal(Uint8Array.from([...locked, 0]))).toContain('LOCKED_DATA_MISMATCH');
    expect(refusal(locked, Kek.take(new Uint8Array(32).fill(9)))).toContain('LOCKED_DATA_MISMATCH');
  });

  it('wants an IV of 16 bytes', () => {
    expect(() => kek.lock(new Uint8Array(1), new Uint8Array(12))).toThrow(expect.objectContaining({ code: 'LENGTH' }));
  });
});

function refusal(locked: Uint8Array, by = kek): string {
  try {
    by.unlock(locked);
    return 'opened';
  } catch (error) {
    return `${(error as { code: string }).code} ${(error as Error).message}`;
  }
}
