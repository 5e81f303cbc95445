import type { Cipher } from 'node:crypto';
import type { OutputRelease } from './output-release.js';
import { type WhiteningKernel, WINDOW_TWEAKS } from './whitening-kernel.js';

/**
 * Blocks go through OpenSSL in pieces of this size: small enough for the level-2 cache together with its output, large
 * enough that the calls round it do not count. bench/README.md has the sizes that were tried.
 */
export const BATCH_SIZE_BYTES = 65_536;

/** A run of data units inside a kernel's memory. */
export interface KernelRun {
  /** Offset of the first unit in the kernel's memory. */
  readonly at: number;
  readonly count: number;
  readonly firstUnit: bigint;
  /** At most {@link BATCH_SIZE_BYTES}. */
  readonly unitSizeBytes: number;
}

/**
 * XTS as ECB between two whitenings, in place in a kernel's memory (facts/performance.md section 2): one AES call makes
 * the tweaks of up to 2048 units, one does the blocks of a batch, and WebAssembly whitens before and after.
 *
 * @param blocks AES-ECB under Key1, in the direction of the run
 * @param tweaks AES-ECB encryption under Key2
 */
export function turnWhitenedEcb(
  kernel: WhiteningKernel,
  run: KernelRun,
  blocks: Cipher,
  tweaks: Cipher,
  outputs: OutputRelease,
): void {
  const { bytes, tweaksAt } = kernel;
  const { at, count, firstUnit, unitSizeBytes } = run;
  const batchUnits = Math.min(Math.floor(BATCH_SIZE_BYTES / unitSizeBytes), WINDOW_TWEAKS);

  try {
    for (let windowStart = 0; windowStart < count; windowStart += WINDOW_TWEAKS) {
      const windowEnd = Math.min(windowStart + WINDOW_TWEAKS, count);
      kernel.writeUnitNumbers(firstUnit + BigInt(windowStart), windowEnd - windowStart);
      const encrypted = tweaks.update(bytes.subarray(tweaksAt, tweaksAt + (windowEnd - windowStart) * 16));
      bytes.set(encrypted, tweaksAt);
      encrypted.fill(0);
      outputs.release(encrypted);

      for (let unit = windowStart; unit < windowEnd; unit += batchUnits) {
        const units = Math.min(batchUnits, windowEnd - unit);
        const start = at + unit * unitSizeBytes;
        kernel.whiten(start, unitSizeBytes, units, unit - windowStart);
        const output = blocks.update(bytes.subarray(start, start + units * unitSizeBytes));
        bytes.set(output, start);
        outputs.release(output);
        kernel.whiten(start, unitSizeBytes, units, unit - windowStart);
      }
    }
  } finally {
    // With the tweaks, what OpenSSL's outputs leave in freed memory is data; without them it is noise.
    bytes.fill(0, tweaksAt, tweaksAt + Math.min(count, WINDOW_TWEAKS) * 16);
  }
}
