import { createDecipheriv, createSecretKey } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { CryptoError, Dek, Kek, nativeEngine, portableEngine, resealDek } from '../src/index.js';
import { KeyParcel } from '../src/parcel.js';
import { openParcel } from '../src/parcel-open.js';
import { fromHex, toHex } from './vectors/hex.js';

const KEK_BYTES = fromHex('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');
const DEK_BYTES = Uint8Array.from({ length: 64 }, (_, index) => 255 - index);
const IV = new Uint8Array(16).fill(0x5a);
const NONCE = new Uint8Array(12).fill(0x33);
const newKek = () => Kek.take(KEK_BYTES.slice());
const code = (wanted: string) => expect.objectContaining({ name: 'CryptoError', code: wanted });

function makeDek(engine = nativeEngine(), kek = newKek()) {
  let drawn: Uint8Array | undefined;
  const draw = (lengthBytes: number) => {
    drawn = DEK_BYTES.slice(0, lengthBytes);
    return drawn;
  };
  return { kek, ...Dek.make({ engine, draw, kek, binding: { unit: '512' }, iv: IV }), drawn: () => drawn };
}

describe('Kek', () => {
  it('takes 32 bytes and leaves zeros behind', () => {
    const view = KEK_BYTES.slice();
    Kek.take(view);
    expect(view).toEqual(new Uint8Array(32));
  });

  it('refuses another length and leaves zeros behind all the same', () => {
    const view = new Uint8Array(16).fill(1);
    expect(() => Kek.take(view)).toThrow(code('LENGTH'));
    expect(view).toEqual(new Uint8Array(16));
  });

  it('wraps by RFC 3394 section 4.6', () => {
    const wrapped = newKek().wrapKey(fromHex('00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f'));
    expect(toHex(wrapped)).toBe('28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21');
    expect(newKek().unwrapKey(wrapped)).toHaveLength(32);
  });

  it('knows an equal KEK from another', () => {
    expect(newKek().equals(newKek())).toBe(true);
    expect(newKek().equals(Kek.take(new Uint8Array(32)))).toBe(false);
  });

  it('seals envelopes that open with the same context only', () => {
    const envelope = newKek().sealEnvelope(Uint8Array.of(1, 2, 3), { context: 'a', nonce: NONCE });
    expect(newKek().openEnvelope(envelope, { context: 'a' })).toEqual(Uint8Array.of(1, 2, 3));
    expect(() => newKek().openEnvelope(envelope, { context: 'b' })).toThrow(code('ENVELOPE_MISMATCH'));
    // Cut short, down to less than a nonce and a tag.
    for (const length of [envelope.length - 1, 28, 27, 0]) {
      expect(() => newKek().openEnvelope(envelope.subarray(0, length), { context: 'a' })).toThrow(
        code('ENVELOPE_MISMATCH'),
      );
    }
  });

  it('does nothing more once it is disposed of', () => {
    const kek = newKek();
    kek.dispose();
    expect(kek.disposed).toBe(true);
    expect(() => kek.lock(new Uint8Array(1), IV)).toThrow(code('DISPOSED'));
    expect(() => newKek().equals(kek)).toThrow(code('DISPOSED'));
  });
});

describe.each([nativeEngine(), portableEngine()])('Dek on the $name engine', (engine) => {
  it('[S01] is 64 drawn bytes that another XTS implementation decrypts with', () => {
    const { dek, drawn } = makeDek(engine);
    const units = new Uint8Array(1024).fill(0xab);
    dek.encryptRun(units, 7n, 512);
    const tweak = Uint8Array.of(8, ...new Uint8Array(15));
    const second = createDecipheriv('aes-256-xts', createSecretKey(DEK_BYTES), tweak).update(units.subarray(512));
    expect(new Uint8Array(second)).toEqual(new Uint8Array(512).fill(0xab));
    dek.decryptRun(units, 7n, 512);
    expect(units).toEqual(new Uint8Array(1024).fill(0xab));
    expect(drawn()).toEqual(new Uint8Array(64));
  });

  it('[S03] comes back from its locked data with the KEK and nothing else', () => {
    const { dek, locked, kek } = makeDek(engine);
    const again = Dek.unseal({ engine, kek, locked });
    expect(again.binding).toEqual({ unit: '512' });
    expect(again.dek.keyCheckValue()).toBe(dek.keyCheckValue());
    const units = new Uint8Array(4096);
    dek.encryptRun(units, 1n, 4096);
    again.dek.decryptRun(units, 1n, 4096);
    expect(units).toEqual(new Uint8Array(4096));
    const other = Kek.take(new Uint8Array(32).fill(1));
    expect(() => Dek.unseal({ engine, kek: other, locked })).toThrow(code('LOCKED_DATA_MISMATCH'));
  });

  it('refuses a key with equal halves when made and when unsealed', () => {
    const draw = (lengthBytes: number) => new Uint8Array(lengthBytes).fill(3);
    const kek = newKek();
    expect(() => Dek.make({ engine, draw, kek, binding: {}, iv: IV })).toThrow(code('KEY_HALVES_EQUAL'));
    const digits = Buffer.alloc(64, 3).toString('base64').replaceAll('=', '%3d');
    const locked = kek.lock(new TextEncoder().encode(`type=key:cipher=XTS-AES-256:key=${digits}`), IV);
    expect(() => Dek.unseal({ engine, kek, locked })).toThrow(code('KEY_HALVES_EQUAL'));
  });

  it('does nothing more once it is disposed of, and keeps its public check value', () => {
    const { dek } = makeDek(engine);
    const check = dek.keyCheckValue();
    dek.dispose();
    dek.dispose();
    expect(dek.disposed).toBe(true);
    expect(dek.keyCheckValue()).toBe(check);
    const units = new Uint8Array(512);
    const refused = [
      () => dek.encryptRun(units, 0n, 512),
      () => dek.decryptRun(units, 0n, 512),
      () => dek.sealPage(units, { binding: IV, iv: IV }),
      () => dek.openPage(units, { binding: IV }),
      () => dek.authenticate([units]),
      () => dek.isAuthentic([units], new Uint8Array(32)),
    ];
    for (const attempt of refused) expect(attempt).toThrow(code('DISPOSED'));
    expect(units).toEqual(new Uint8Array(512));
  });
});

describe('Dek', () => {
  it('authenticates records under a key of their own, the same for every holder of it', () => {
    const { dek, locked, kek } = makeDek();
    const [first, second] = [Uint8Array.of(1, 2), Uint8Array.of(3)];
    const mac = dek.authenticate([first, second]);
    expect(mac).toHaveLength(32);
    const again = Dek.unseal({ engine: portableEngine(), kek, locked }).dek;
    expect(again.isAuthentic([Uint8Array.of(1, 2, 3)], mac)).toBe(true);
    expect(again.isAuthentic([second, first], mac)).toBe(false);
    const draw = (lengthBytes: number) => DEK_BYTES.slice(0, lengthBytes).fill(9, 0, 8);
    const other = Dek.make({ engine: nativeEngine(), draw, kek, binding: {}, iv: IV }).dek;
    expect(other.isAuthentic([first, second], mac)).toBe(false);
  });

  it('is resealed under another KEK with another binding, the key unchanged', () => {
    const { dek, locked, kek } = makeDek();
    const to = Kek.take(new Uint8Array(32).fill(0x77));
    const resealed = resealDek({ locked, from: kek, to, binding: { unit: '512', generation: '2' }, iv: NONCE_16 });
    const again = Dek.unseal({ engine: nativeEngine(), kek: to, locked: resealed });
    expect(again.binding).toEqual({ unit: '512', generation: '2' });
    expect(again.dek.keyCheckValue()).toBe(dek.keyCheckValue());
    expect(() => Dek.unseal({ engine: nativeEngine(), kek, locked: resealed })).toThrow(code('LOCKED_DATA_MISMATCH'));
  });

  it('gives another check value for another key', () => {
    const { dek, kek } = makeDek();
    const draw = (lengthBytes: number) => Uint8Array.from({ length: lengthBytes }, (_, index) => index);
    const other = Dek.make({ engine: nativeEngine(), draw, kek, binding: {}, iv: IV }).dek;
    expect(dek.keyCheckValue()).toMatch(/^[0-9a-f]{16}$/);
    expect(other.keyCheckValue()).not.toBe(dek.keyCheckValue());
  });
});

const NONCE_16 = new Uint8Array(16).fill(0x44);

describe('KeyParcel', () => {
  it('carries a KEK from one door to the other, once', () => {
    const frame = KEK_BYTES.slice();
    const parcel = KeyParcel.seal(frame);
    frame.fill(0);
    expect(parcel.spent).toBe(false);
    expect(openParcel(parcel).equals(newKek())).toBe(true);
    expect(parcel.spent).toBe(true);
    for (const attempt of [() => openParcel(parcel), () => parcel.split(1)])
      expect(attempt).toThrow(code('PARCEL_SPENT'));
  });

  it('splits into one for each host and spends itself', () => {
    const parcel = KeyParcel.seal(KEK_BYTES);
    const parts = parcel.split(3);
    expect(parcel.spent).toBe(true);
    expect(parts.map((part) => openParcel(part).equals(newKek()))).toEqual([true, true, true]);
  });

  it('is spent by disposal', () => {
    const parcel = KeyParcel.seal(KEK_BYTES);
    parcel.dispose();
    parcel.dispose();
    expect(() => openParcel(parcel)).toThrow(code('PARCEL_SPENT'));
  });

  it('takes AES-256 keys only, and whole numbers of receivers', () => {
    expect(() => KeyParcel.seal(new Uint8Array(16))).toThrow(code('LENGTH'));
    expect(() => KeyParcel.seal(KEK_BYTES).split(0)).toThrow('1 or more receivers');
  });

  it('has no property through which the bytes could be reached', () => {
    const parcel = KeyParcel.seal(KEK_BYTES);
    const names = new Set([...Reflect.ownKeys(parcel), ...Reflect.ownKeys(KeyParcel.prototype)]);
    expect(names).toEqual(new Set(['constructor', 'split', 'dispose', 'spent']));
  });
});

describe('what a holder shows of itself', () => {
  const { dek } = makeDek();
  const holders = [
    ['[Dek]', dek],
    ['[Kek]', newKek()],
    ['[KeyParcel]', KeyParcel.seal(KEK_BYTES)],
  ] as const;
  it.each(holders)('%s and nothing else', (name, holder) => {
    expect(String(holder)).toBe(name);
    expect(`${holder}`).toBe(name);
    expect(JSON.stringify({ holder })).toBe(`{"holder":"${name}"}`);
    expect(inspect({ holder }, { showHidden: true, depth: 9 })).toBe(`{ holder: ${name} }`);
  });

  it('an error has a code, a sentence and no bytes', () => {
    const error = new CryptoError('LENGTH', 'A sentence.');
    expect(Object.keys(error)).toEqual(['name', 'code']);
  });
});
