// Pages of state files: what another implementation decrypts, and every way in which a page does not open.
import { spawnSync } from 'node:child_process';
import { createDecipheriv, createHmac, hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leftOut } from '../../../test/support/left-out.js';
import { Dek, Kek, nativeEngine, portableEngine, type XtsEngine } from '../src/index.js';

const DEK_BYTES = Uint8Array.from({ length: 64 }, (_, index) => 255 - index);
const IV = Uint8Array.from({ length: 16 }, (_, index) => index * 3);
const BINDING = new TextEncoder().encode('page 7 of a file');
const code = (wanted: string) => expect.objectContaining({ name: 'CryptoError', code: wanted });

function dekOf(engine: XtsEngine, bytes = DEK_BYTES): Dek {
  const kek = Kek.take(new Uint8Array(32).fill(1));
  return Dek.make({ engine, draw: () => bytes.slice(), kek, binding: {}, iv: IV }).dek;
}

const PLAINTEXT = Uint8Array.from({ length: 4064 }, (_, index) => (index * 7) & 0xff);

/** The MAC as sealed-page.ts draws it, computed beside it. */
function macByHand(page: Uint8Array, binding: Uint8Array): Uint8Array {
  const info = new TextEncoder().encode('vcryptsim page');
  const key = new Uint8Array(hkdfSync('sha256', DEK_BYTES, new Uint8Array(0), info, 32));
  const length = Uint8Array.of(binding.length, 0, 0, 0);
  const mac = createHmac('sha256', key).update(length).update(binding).update(page.subarray(0, -16)).digest();
  return new Uint8Array(mac.subarray(0, 16));
}

describe.each([
  ['native', nativeEngine()],
  ['portable', portableEngine()],
])('a page sealed by the %s engine', (_name, engine) => {
  const page = dekOf(engine).sealPage(PLAINTEXT, { binding: BINDING, iv: IV });

  it('is AES-256-CBC under the first 32 bytes of the DEK, its IV, and a MAC', () => {
    const decipher = createDecipheriv('aes-256-cbc', DEK_BYTES.subarray(0, 32), IV).setAutoPadding(false);
    expect(new Uint8Array(decipher.update(page.subarray(0, 4064)))).toEqual(PLAINTEXT);
    expect(page).toHaveLength(4096);
    expect(page.subarray(4064, 4080)).toEqual(IV);
    expect(page.subarray(4080)).toEqual(macByHand(page, BINDING));
  });

  it('opens with the program openssl', () => {
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
    const options = ['enc', '-d', '-aes-256-cbc', '-nopad', '-K', hex(DEK_BYTES.subarray(0, 32)), '-iv', hex(IV)];
    const { status, stdout, error } = spawnSync('openssl', options, { input: page.subarray(0, 4064) });
    if (error !== undefined) return leftOut('opens with the program openssl', 'it is not installed');
    expect(status).toBe(0);
    expect(new Uint8Array(stdout)).toEqual(PLAINTEXT);
  });

  it('opens by the other engine', () => {
    const other = dekOf(engine.name === 'portable' ? nativeEngine() : portableEngine());
    expect(other.openPage(page, { binding: BINDING })).toEqual(PLAINTEXT);
  });

  it('does not open with any bit changed, cut, of another place, or under another key', () => {
    const dek = dekOf(engine);
    for (const at of [0, 15, 2000, 4063, 4064, 4079, 4080, 4095]) {
      const forged = page.slice();
      forged[at]! ^= 0x10;
      expect(() => dek.openPage(forged, { binding: BINDING }), `byte ${at}`).toThrow(code('ENVELOPE_MISMATCH'));
    }
    for (const cut of [page.subarray(1), page.subarray(16), page.subarray(0, 32), page.subarray(0, 5)]) {
      expect(() => dek.openPage(cut, { binding: BINDING })).toThrow(code('ENVELOPE_MISMATCH'));
    }
    const elsewhere = BINDING.slice().fill(0x38, 5, 6);
    expect(() => dek.openPage(page, { binding: elsewhere })).toThrow(code('ENVELOPE_MISMATCH'));
    const otherHalf = DEK_BYTES.slice().fill(9, 32, 40);
    expect(() => dekOf(engine, otherHalf).openPage(page, { binding: BINDING })).toThrow(code('ENVELOPE_MISMATCH'));
  });

  it('tells a binding from ciphertext that follows it', () => {
    const dek = dekOf(engine);
    const [short, long] = [Uint8Array.of(1), Uint8Array.of(1, page[0]!)];
    const sealed = dek.sealPage(PLAINTEXT, { binding: short, iv: IV });
    expect(() => dek.openPage(sealed.subarray(16), { binding: long })).toThrow(code('ENVELOPE_MISMATCH'));
  });

  it('takes whole blocks and IVs of 16 bytes only, and nothing once disposed of', () => {
    const dek = dekOf(engine);
    for (const lengthBytes of [0, 15, 4063]) {
      expect(() => dek.sealPage(PLAINTEXT.subarray(0, lengthBytes), { binding: BINDING, iv: IV })).toThrow(
        code('LENGTH'),
      );
    }
    expect(() => dek.sealPage(PLAINTEXT, { binding: BINDING, iv: IV.subarray(1) })).toThrow(code('LENGTH'));
    dek.dispose();
    expect(() => dek.sealPage(PLAINTEXT, { binding: BINDING, iv: IV })).toThrow(code('DISPOSED'));
    expect(() => dek.openPage(page, { binding: BINDING })).toThrow(code('DISPOSED'));
  });
});

it('both engines make the same page', () => {
  const bytes = (lengthBytes: number) => fc.uint8Array({ minLength: lengthBytes, maxLength: lengthBytes });
  const blocks = fc.integer({ min: 1, max: 20 }).chain((count) => bytes(16 * count));
  fc.assert(
    fc.property(blocks, bytes(16), fc.uint8Array({ maxLength: 40 }), (plaintext, iv, binding) => {
      const [native, portable] = [nativeEngine(), portableEngine()].map((engine) =>
        dekOf(engine).sealPage(plaintext, { binding, iv }),
      );
      expect(portable).toEqual(native);
    }),
    { numRuns: 50 },
  );
});
