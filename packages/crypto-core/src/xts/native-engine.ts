import type { Cipher } from 'node:crypto';
import { countUnits } from './data-unit.js';
import { EcbCiphers } from './ecb-ciphers.js';
import { disposedKey, InlineCipher } from './inline-cipher.js';
import { OutputRelease } from './output-release.js';
import { PerUnitCipher, perUnitEngine } from './per-unit-engine.js';
import { BATCH_SIZE_BYTES, turnWhitenedEcb } from './whitened-ecb.js';
import { compileWhiteningKernel, createKernelMemory, hasWhiteningKernel, WhiteningKernel } from './whitening-kernel.js';
import type { XtsEngine } from './xts-engine.js';
import { splitXtsKey } from './xts-key.js';

/**
 * XTS-AES on OpenSSL (AES-NI) at the speed of a native loop: ECB between two whitenings in WebAssembly SIMD, see
 * {@link turnWhitenedEcb}. Where this Node has no WebAssembly SIMD, one OpenSSL cipher for each data unit.
 */
export function nativeEngine(): XtsEngine {
  if (hasWhiteningKernel()) return new NativeEngine();
  return { ...perUnitEngine(), name: 'native' };
}

/** The native engine with its kernel; `pooled` shares it. */
export class NativeEngine implements XtsEngine {
  readonly name = 'native';
  readonly #module = compileWhiteningKernel({ shared: false });
  readonly #kernels = new WeakMap<ArrayBufferLike, WhiteningKernel>();
  readonly #scratch: Workspace;
  readonly #outputs = new OutputRelease();

  constructor() {
    const { memory, data } = createKernelMemory({ dataSizeBytes: BATCH_SIZE_BYTES, windows: 1, shared: false });
    this.#scratch = { kernel: new WhiteningKernel(this.#module, memory, 0), data };
  }

  prepare(key: Uint8Array): NativeCipher {
    return new NativeCipher(key, this.#kernels, this.#scratch, this.#outputs);
  }

  allocateBuffer(sizeBytes: number): Uint8Array {
    const { memory, data } = createKernelMemory({ dataSizeBytes: sizeBytes, windows: 1, shared: false });
    this.adopt(new WhiteningKernel(this.#module, memory, 0));
    return data;
  }

  /** From now on runs inside the kernel's memory are done there, without a copy. */
  adopt(kernel: WhiteningKernel): void {
    this.#kernels.set(kernel.memory.buffer, kernel);
  }
}

/** A kernel and the data part of its memory, through which runs in foreign memory go piece by piece. */
interface Workspace {
  readonly kernel: WhiteningKernel;
  readonly data: Uint8Array;
}

/** The cipher of the native engine. */
export class NativeCipher extends InlineCipher {
  readonly #kernels: WeakMap<ArrayBufferLike, WhiteningKernel>;
  readonly #scratch: Workspace;
  readonly #outputs: OutputRelease;
  readonly #perUnit: PerUnitCipher;
  #blocks: EcbCiphers | null;

  constructor(
    key: Uint8Array,
    kernels: WeakMap<ArrayBufferLike, WhiteningKernel>,
    scratch: Workspace,
    outputs: OutputRelease,
  ) {
    super();
    const { key1, key2 } = splitXtsKey(key);
    this.#kernels = kernels;
    this.#scratch = scratch;
    this.#outputs = outputs;
    this.#perUnit = new PerUnitCipher(key);
    this.#blocks = new EcbCiphers(key1, key2);
  }

  encryptRun(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): void {
    const { encryptBlocks, encryptTweaks } = this.#live();
    if (unitSizeBytes > BATCH_SIZE_BYTES) this.#perUnit.encryptRun(units, firstUnit, unitSizeBytes);
    else this.#run(units, firstUnit, unitSizeBytes, encryptBlocks, encryptTweaks);
  }

  decryptRun(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): void {
    const { decryptBlocks, encryptTweaks } = this.#live();
    if (unitSizeBytes > BATCH_SIZE_BYTES) this.#perUnit.decryptRun(units, firstUnit, unitSizeBytes);
    else this.#run(units, firstUnit, unitSizeBytes, decryptBlocks, encryptTweaks);
  }

  encryptUnit(unit: Uint8Array, tweak: Uint8Array): void {
    this.#perUnit.encryptUnit(unit, tweak);
  }

  decryptUnit(unit: Uint8Array, tweak: Uint8Array): void {
    this.#perUnit.decryptUnit(unit, tweak);
  }

  dispose(): void {
    this.#perUnit.dispose();
    this.#blocks?.close();
    this.#blocks = null;
  }

  #run(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number, blocks: Cipher, tweaks: Cipher): void {
    const count = countUnits(units.length, firstUnit, unitSizeBytes);
    const own = this.#kernels.get(units.buffer);
    if (own !== undefined) {
      turnWhitenedEcb(own, { at: units.byteOffset, count, firstUnit, unitSizeBytes }, blocks, tweaks, this.#outputs);
      return;
    }
    const { kernel, data } = this.#scratch;
    const pieceUnits = Math.floor(data.length / unitSizeBytes);
    try {
      for (let unit = 0; unit < count; unit += pieceUnits) {
        const some = Math.min(pieceUnits, count - unit);
        const piece = units.subarray(unit * unitSizeBytes, (unit + some) * unitSizeBytes);
        data.set(piece);
        const run = { at: data.byteOffset, count: some, firstUnit: firstUnit + BigInt(unit), unitSizeBytes };
        turnWhitenedEcb(kernel, run, blocks, tweaks, this.#outputs);
        piece.set(data.subarray(0, piece.length));
      }
    } finally {
      // The scratch is the engine's and outlives every key; once a run it costs nothing that can be measured.
      data.fill(0, 0, Math.min(units.length, data.length));
    }
  }

  #live(): EcbCiphers {
    if (this.#blocks === null) throw disposedKey();
    return this.#blocks;
  }
}
