import { nativeEngine, perUnitEngine, portableEngine, type XtsEngine } from '@vcryptsim/crypto-core';
import { afterEach, describe, expect, it } from 'vitest';

interface Memory {
  readonly buffer: ArrayBuffer;
}
declare const WebAssembly: { Memory: new (o: { initial: number }) => Memory };

const RealMemory = WebAssembly.Memory;
afterEach(() => {
  WebAssembly.Memory = RealMemory;
});

/** The memories that an engine makes for itself. */
function watched(make: () => XtsEngine): { engine: XtsEngine; memories: Memory[] } {
  const memories: Memory[] = [];
  WebAssembly.Memory = class extends RealMemory {
    constructor(o: { initial: number }) {
      super(o);
      memories.push(this);
    }
  };
  return { engine: make(), memories };
}

const key = Uint8Array.from({ length: 64 }, (_, index) => index + 1);

describe('what an engine leaves in memory of its own', () => {
  it.each([512, 4096, 65_536, 70_000 * 16])('after a run of %i bytes: neither data nor tweaks', (lengthBytes) => {
    const { engine, memories } = watched(nativeEngine);
    const cipher = engine.prepare(key);
    const units = new Uint8Array(lengthBytes).fill(0x41);
    for (const run of [cipher.encryptRun, cipher.decryptRun]) {
      run.call(cipher, units, 7n, lengthBytes === 512 ? 512 : 16);
      for (const { buffer } of memories) expect(new Uint8Array(buffer).every((byte) => byte === 0)).toBe(true);
    }
    expect(units.every((byte) => byte === 0x41)).toBe(true);
    expect(memories.length).toBeGreaterThan(0);
    cipher.dispose();
  });

  it('in a buffer that it allocated: the data, which is the caller’s, and no tweak', () => {
    const { engine, memories } = watched(nativeEngine);
    const buffer = engine.allocateBuffer(8192).fill(0x41);
    const cipher = engine.prepare(key);
    cipher.encryptRun(buffer, 0n, 512);
    cipher.decryptRun(buffer, 0n, 512);
    const own = memories.find((memory) => memory.buffer === buffer.buffer);
    const outside = new Uint8Array(own?.buffer ?? new ArrayBuffer(0)).filter(
      (_, at) => at < buffer.byteOffset || at >= buffer.byteOffset + buffer.length,
    );
    expect(outside.length).toBeGreaterThan(0);
    expect(outside.every((byte) => byte === 0)).toBe(true);
  });

  it.each([
    ['per-unit', perUnitEngine],
    ['portable', portableEngine],
  ] as const)('%s: units of any length still turn', (_name, make) => {
    const cipher = make().prepare(key);
    const unit = new Uint8Array(45).fill(0x41);
    cipher.encryptUnit(unit, new Uint8Array(16));
    cipher.decryptUnit(unit, new Uint8Array(16));
    expect(unit.every((byte) => byte === 0x41)).toBe(true);
  });
});
