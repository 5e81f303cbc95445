import { assert } from '../assert.js';
import { countUnits } from '../xts/data-unit.js';
import { type NativeCipher, NativeEngine } from '../xts/native-engine.js';
import { BATCH_SIZE_BYTES } from '../xts/whitened-ecb.js';
import {
  compileWhiteningKernel,
  createKernelMemory,
  hasWhiteningKernel,
  type KernelMemory,
  WhiteningKernel,
} from '../xts/whitening-kernel.js';
import type { Direction, XtsCipher, XtsEngine } from '../xts/xts-engine.js';
import type { CipherId } from './messages.js';
import { WorkerPool, type WorkerThread } from './worker-pool.js';

/** Below this size the trip to the workers costs more than it brings (facts/performance.md section 3). */
export const SMALLEST_POOLED_RUN_BYTES = 262_144;

/** An engine with worker threads of its own. */
export interface PooledEngine extends XtsEngine {
  readonly workers: number;
  /** Ends the threads. Large runs are refused afterwards, all others go on. */
  close(): Promise<void>;
}

/**
 * The native engine with worker threads: large runs in buffers that it allocated are shared out among the workers, in
 * place, on shared memory; everything else is done at once on the caller's thread.
 *
 * @param o.workers 1 or more; as many as there are cores to spare
 * @param o.spawn for tests: starts a worker thread
 */
export function pooledEngine(o: { workers: number; spawn?: (window: number) => WorkerThread }): PooledEngine {
  assert(hasWhiteningKernel(), 'a worker pool needs WebAssembly SIMD, which every Node that we support has');
  const native = new NativeEngine();
  const module = compileWhiteningKernel({ shared: true });
  const memories = new WeakMap<ArrayBufferLike, KernelMemory>();
  const pool = new WorkerPool(o);
  return {
    name: 'pooled',
    workers: pool.workers,
    prepare(key) {
      const inline = native.prepare(key);
      return new PooledCipher(inline, pool, pool.prepare(key), memories);
    },
    allocateBuffer(dataSizeBytes) {
      const { memory, data } = createKernelMemory({ dataSizeBytes, windows: pool.workers + 1, shared: true });
      memories.set(memory.buffer, memory);
      native.adopt(new WhiteningKernel(module, memory, 0));
      return data;
    },
    close: () => pool.close(),
  };
}

class PooledCipher implements XtsCipher {
  readonly #inline: NativeCipher;
  readonly #pool: WorkerPool;
  readonly #id: CipherId;
  readonly #memories: WeakMap<ArrayBufferLike, KernelMemory>;
  #isDisposed = false;

  constructor(inline: NativeCipher, pool: WorkerPool, id: CipherId, memories: WeakMap<ArrayBufferLike, KernelMemory>) {
    this.#inline = inline;
    this.#pool = pool;
    this.#id = id;
    this.#memories = memories;
  }

  encryptRun(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): void {
    this.#inline.encryptRun(units, firstUnit, unitSizeBytes);
  }

  decryptRun(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): void {
    this.#inline.decryptRun(units, firstUnit, unitSizeBytes);
  }

  encryptUnit(unit: Uint8Array, tweak: Uint8Array): void {
    this.#inline.encryptUnit(unit, tweak);
  }

  decryptUnit(unit: Uint8Array, tweak: Uint8Array): void {
    this.#inline.decryptUnit(unit, tweak);
  }

  encryptLargeRun(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): Promise<void> {
    return this.#large('encrypt', units, firstUnit, unitSizeBytes);
  }

  decryptLargeRun(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): Promise<void> {
    return this.#large('decrypt', units, firstUnit, unitSizeBytes);
  }

  dispose(): void {
    this.#inline.dispose();
    if (!this.#isDisposed) this.#pool.dispose(this.#id);
    this.#isDisposed = true;
  }

  async #large(direction: Direction, units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): Promise<void> {
    const memory = this.#memories.get(units.buffer);
    const isPooled = units.length >= SMALLEST_POOLED_RUN_BYTES && unitSizeBytes <= BATCH_SIZE_BYTES;
    if (memory === undefined || !isPooled || this.#isDisposed) {
      if (direction === 'encrypt') this.#inline.encryptRun(units, firstUnit, unitSizeBytes);
      else this.#inline.decryptRun(units, firstUnit, unitSizeBytes);
      return;
    }
    const count = countUnits(units.length, firstUnit, unitSizeBytes);
    await this.#pool.run({
      cipherId: this.#id,
      direction,
      memory,
      at: units.byteOffset,
      count,
      firstUnit,
      unitSizeBytes,
    });
  }
}
