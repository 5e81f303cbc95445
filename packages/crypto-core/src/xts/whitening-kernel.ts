import { SHARED_WHITENING_KERNEL, WHITENING_KERNEL } from './whitening-kernel.generated.js';

/** The part of the WebAssembly interface that is used here; Node's types do not have it. */
interface WasmMemory {
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
}
interface WasmExports {
  writeUnitNumbers(at: number, firstUnit: bigint, count: number): void;
  whiten(at: number, unitSizeBytes: number, count: number, tweaksAt: number): void;
}
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
  Memory: new (o: { initial: number; maximum?: number; shared?: boolean }) => WasmMemory;
  Instance: new (module: object, imports: { xts: { memory: WasmMemory } }) => { readonly exports: unknown };
};

/** WebAssembly memory comes in pages of this size. */
const PAGE_SIZE_BYTES = 65_536;

/** A shared import has to state a limit; this is that of WebAssembly itself. */
const SHARED_MAXIMUM_PAGES = 65_536;

/** Tweaks that one window holds, and so the data units whose tweaks one call of OpenSSL makes. */
export const WINDOW_TWEAKS = 2048;
const WINDOW_SIZE_BYTES = WINDOW_TWEAKS * 16;

/** A memory on which kernels work. A shared one can be posted to another thread. */
export type KernelMemory = WasmMemory;

/**
 * The whitening kernel (whitening-kernel.wat) on one memory:
 *
 *   offset                 bytes       what
 *   0                      32 768 each one window of tweaks for every thread that works here
 *   windows x 32 768       the rest    data
 *
 * The memory never grows, because growing would detach the views that callers hold.
 */
export class WhiteningKernel {
  readonly memory: KernelMemory;
  readonly bytes: Uint8Array;
  /** Where this thread's tweaks are. */
  readonly tweaksAt: number;
  readonly #exports: WasmExports;

  /** @param window which of the memory's windows is ours */
  constructor(module: object, memory: KernelMemory, window: number) {
    this.memory = memory;
    this.bytes = new Uint8Array(memory.buffer);
    this.tweaksAt = window * WINDOW_SIZE_BYTES;
    this.#exports = new WebAssembly.Instance(module, { xts: { memory } }).exports as WasmExports;
  }

  /** Writes `count` data unit numbers into the window, 16 bytes each. */
  writeUnitNumbers(firstUnit: bigint, count: number): void {
    this.#exports.writeUnitNumbers(this.tweaksAt, BigInt.asIntN(64, firstUnit), count);
  }

  /**
   * Whitens data units in place.
   *
   * @param at offset of the first unit in {@link bytes}
   * @param firstTweak index of its encrypted tweak in the window
   */
  whiten(at: number, unitSizeBytes: number, count: number, firstTweak: number): void {
    this.#exports.whiten(at, unitSizeBytes, count, this.tweaksAt + firstTweak * 16);
  }
}

/** Whether this Node can run the kernel: WebAssembly with 128-bit SIMD. */
export function hasWhiteningKernel(): boolean {
  return WebAssembly.validate(decode(WHITENING_KERNEL));
}

/** Compiles the kernel, for memories of one thread's own or for shared ones. */
export function compileWhiteningKernel(o: { shared: boolean }): object {
  return new WebAssembly.Module(decode(o.shared ? SHARED_WHITENING_KERNEL : WHITENING_KERNEL));
}

/**
 * Makes a memory for kernels.
 *
 * @param o.windows threads that will work on it at the same time
 * @returns the memory, and its data part of exactly `dataSizeBytes`
 */
export function createKernelMemory(o: { dataSizeBytes: number; windows: number; shared: boolean }): {
  memory: KernelMemory;
  data: Uint8Array;
} {
  const dataAt = o.windows * WINDOW_SIZE_BYTES;
  const initial = Math.ceil((dataAt + o.dataSizeBytes) / PAGE_SIZE_BYTES);
  const memory = new WebAssembly.Memory(
    o.shared ? { initial, maximum: SHARED_MAXIMUM_PAGES, shared: true } : { initial },
  );
  return { memory, data: new Uint8Array(memory.buffer, dataAt, o.dataSizeBytes) };
}

function decode(base64: string): Uint8Array {
  return Buffer.from(base64, 'base64');
}
