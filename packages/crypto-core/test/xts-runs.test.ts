import { createCipheriv } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { nativeEngine, perUnitEngine, portableEngine } from '../src/index.js';
import { fromHex } from './vectors/hex.js';
import { IEEE_1619_KEY } from './vectors/ieee-1619.js';

const KEY = fromHex(IEEE_1619_KEY);
const LAST_UNIT = 2n ** 64n - 1n;
const refusal = (code: string) => expect.objectContaining({ name: 'CryptoError', code });

/** The slow, plain truth: one `aes-256-xts` of OpenSSL for each data unit. */
function perUnit(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): Uint8Array {
  const output = units.slice();
  for (let at = 0, unit = firstUnit; at < units.length; at += unitSizeBytes, unit++) {
    const tweak = new Uint8Array(16);
    new DataView(tweak.buffer).setBigUint64(0, unit, true);
    output.set(createCipheriv('aes-256-xts', KEY, tweak).update(units.subarray(at, at + unitSizeBytes)), at);
  }
  return output;
}

function sample(lengthBytes: number): Uint8Array {
  return Uint8Array.from({ length: lengthBytes }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
}

describe.each([nativeEngine(), portableEngine(), perUnitEngine()])('runs on the $name engine', (engine) => {
  const cipher = engine.prepare(KEY);

  it.each([
    [512, 1, 0n],
    [512, 8, 5n],
    [512, 300, 2n ** 32n - 100n],
    [512, 3, 2n ** 53n - 1n],
    [4096, 1, 2n ** 63n - 1n],
    [4096, 20, 2n ** 63n - 3n],
    [4096, 2, LAST_UNIT - 1n],
    [16, 500, 2n ** 32n - 250n],
    [48, 7, 1n],
    [131_072, 2, 9n],
    [131_088, 2, 2n ** 32n - 1n],
    [16, 9000, 2n ** 32n - 250n],
    [512, 2053, 1n],
  ])('%i bytes a unit, %i units from %i, equal per-unit OpenSSL both ways', (unitSizeBytes, count, firstUnit) => {
    const plain = sample(unitSizeBytes * count);
    const units = plain.slice();
    cipher.encryptRun(units, firstUnit, unitSizeBytes);
    expect(Buffer.compare(units, perUnit(plain, firstUnit, unitSizeBytes))).toBe(0);
    cipher.decryptRun(units, firstUnit, unitSizeBytes);
    expect(Buffer.compare(units, plain)).toBe(0);
  });

  it('works on a view that starts anywhere, and touches nothing round it', () => {
    const frame = new Uint8Array(1 + 1024 + 3).fill(0xee);
    const view = frame.subarray(1, 1025);
    view.set(sample(1024));
    cipher.encryptRun(view, 3n, 512);
    expect(view).toEqual(perUnit(sample(1024), 3n, 512));
    expect([frame[0], ...frame.subarray(1025)]).toEqual([0xee, 0xee, 0xee, 0xee]);
  });

  it.each([1, 3, 4, 7, 300, 5000])('works on part of a buffer of its own, %i units', (count) => {
    const buffer = engine.allocateBuffer(512 * (count + 2)).fill(0xee);
    expect(buffer).toHaveLength(512 * (count + 2));
    const part = buffer.subarray(512, 512 * (count + 1));
    part.set(sample(part.length));
    cipher.encryptRun(part, 11n, 512);
    expect(Buffer.compare(part, perUnit(sample(part.length), 11n, 512))).toBe(0);
    cipher.decryptRun(part, 11n, 512);
    expect(Buffer.compare(part, sample(part.length))).toBe(0);
    expect([...buffer.subarray(0, 512), ...buffer.subarray(-512)].every((byte) => byte === 0xee)).toBe(true);
  });

  it('does large runs too, and rejects what it refuses', async () => {
    const units = sample(300_032);
    await cipher.encryptLargeRun(units, 2n, 512);
    expect(Buffer.compare(units, perUnit(sample(300_032), 2n, 512))).toBe(0);
    await cipher.decryptLargeRun(units, 2n, 512);
    expect(Buffer.compare(units, sample(300_032))).toBe(0);
    await expect(cipher.encryptLargeRun(units, -1n, 512)).rejects.toEqual(refusal('UNIT_RANGE'));
    await expect(cipher.decryptLargeRun(units, 0n, 100)).rejects.toEqual(refusal('UNIT_SIZE'));
  });

  it('works on shared memory', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(8192));
    shared.set(sample(8192));
    cipher.encryptRun(shared, 1n, 512);
    expect(shared.slice()).toEqual(perUnit(sample(8192), 1n, 512));
  });

  it('does nothing on an empty run', () => {
    const nothing = new Uint8Array(0);
    cipher.encryptRun(nothing, 0n, 512);
    cipher.decryptRun(nothing, LAST_UNIT, 4096);
    expect(nothing).toHaveLength(0);
  });

  it.each([0, 8, 24, 500.5, Number.NaN, 16_777_232, -512])('refuses data units of %d bytes', (unitSizeBytes) => {
    const units = sample(1024);
    expect(() => cipher.encryptRun(units, 0n, unitSizeBytes)).toThrow(refusal('UNIT_SIZE'));
    expect(() => cipher.decryptRun(units, 0n, unitSizeBytes)).toThrow(refusal('UNIT_SIZE'));
    expect(units).toEqual(sample(1024));
  });

  it('refuses a run that is not whole units', () => {
    expect(() => cipher.encryptRun(sample(1000), 0n, 512)).toThrow(refusal('UNIT_SIZE'));
  });

  it.each([-1n, LAST_UNIT, LAST_UNIT + 1n])(
    'refuses two units from %i: a tweak is not reused by wrapping',
    (firstUnit) => {
      const units = sample(1024);
      expect(() => cipher.encryptRun(units, firstUnit, 512)).toThrow(refusal('UNIT_RANGE'));
      expect(() => cipher.decryptRun(units, firstUnit, 512)).toThrow(refusal('UNIT_RANGE'));
      expect(units).toEqual(sample(1024));
    },
  );

  it('refuses single units below a block or above 2^20 blocks, and other tweaks than 16 bytes', () => {
    const tweak = new Uint8Array(16);
    for (const length of [0, 15, 16_777_217]) {
      expect(() => cipher.encryptUnit(new Uint8Array(length), tweak)).toThrow(refusal('UNIT_SIZE'));
      expect(() => cipher.decryptUnit(new Uint8Array(length), tweak)).toThrow(refusal('UNIT_SIZE'));
    }
    expect(() => cipher.encryptUnit(new Uint8Array(16), tweak.subarray(1))).toThrow(refusal('LENGTH'));
  });

  it.each([0, 16, 48, 63, 65, 128])('refuses a key of %i bytes', (length) => {
    expect(() => engine.prepare(sample(length))).toThrow(refusal('LENGTH'));
  });

  it('refuses equal halves and leaves the key to its owner', () => {
    expect(() => engine.prepare(new Uint8Array(64).fill(7))).toThrow(refusal('KEY_HALVES_EQUAL'));
    const key = sample(64);
    engine.prepare(key);
    expect(key).toEqual(sample(64));
  });

  it('does nothing more once it is disposed of', () => {
    const gone = engine.prepare(KEY);
    gone.dispose();
    gone.dispose();
    const units = sample(512);
    const tweak = new Uint8Array(16);
    const attempts = [
      () => gone.encryptRun(units, 0n, 512),
      () => gone.decryptRun(units, 0n, 512),
      () => gone.encryptUnit(units, tweak),
      () => gone.decryptUnit(units, tweak),
    ];
    for (const attempt of attempts) expect(attempt).toThrow(refusal('DISPOSED'));
    expect(units).toEqual(sample(512));
  });
});
