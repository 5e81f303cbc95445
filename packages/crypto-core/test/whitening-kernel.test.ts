import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { autoEngine, nativeEngine } from '../src/index.js';
import { hasWhiteningKernel } from '../src/xts/whitening-kernel.js';

describe('the whitening kernel', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('is what its readable source assembles to', () => {
    const script = fileURLToPath(new URL('../scripts/build-kernel.mjs', import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('runs on this Node', () => {
    expect(hasWhiteningKernel()).toBe(true);
  });

  it('is replaced by one cipher a unit where SIMD is missing, with the same results', () => {
    vi.stubGlobal('WebAssembly', { validate: () => false });
    const engine = nativeEngine();
    const fromAuto = autoEngine();
    vi.unstubAllGlobals();
    expect([engine.name, fromAuto.name]).toEqual(['native', 'native']);
    const key = Uint8Array.from({ length: 64 }, (_, index) => index);
    const [slow, fast] = [engine.allocateBuffer(4096), new Uint8Array(4096)];
    engine.prepare(key).encryptRun(slow, 5n, 512);
    nativeEngine().prepare(key).encryptRun(fast, 5n, 512);
    expect(slow).toEqual(fast);
  });
});
