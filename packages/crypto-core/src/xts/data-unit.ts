import { CryptoError } from '../errors.js';

/** AES works on blocks of 16 bytes (FIPS 197 section 3.1). */
export const BLOCK_SIZE_BYTES = 16;

/** A data unit has at most 2^20 blocks (SP 800-38E section 4). */
export const LARGEST_UNIT_SIZE_BYTES = 2 ** 20 * BLOCK_SIZE_BYTES;

/** The number of the last data unit that a 64-bit index can name. */
export const LAST_UNIT = 2n ** 64n - 1n;

/**
 * Checks the arguments of a run before any byte changes.
 *
 * @returns how many data units the run has
 * @throws CryptoError UNIT_SIZE or UNIT_RANGE
 */
export function countUnits(lengthBytes: number, firstUnit: bigint, unitSizeBytes: number): number {
  const isUnitSize =
    Number.isInteger(unitSizeBytes) &&
    unitSizeBytes >= BLOCK_SIZE_BYTES &&
    unitSizeBytes <= LARGEST_UNIT_SIZE_BYTES &&
    unitSizeBytes % BLOCK_SIZE_BYTES === 0;
  if (!isUnitSize) {
    throw new CryptoError(
      'UNIT_SIZE',
      `A run has data units of 16 to ${LARGEST_UNIT_SIZE_BYTES} bytes in steps of 16, not ${unitSizeBytes}; disks use 512 or 4096.`,
    );
  }
  const count = lengthBytes / unitSizeBytes;
  if (!Number.isInteger(count)) {
    throw new CryptoError(
      'UNIT_SIZE',
      `${lengthBytes} bytes are not whole data units of ${unitSizeBytes}; widen the run to whole units first.`,
    );
  }
  if (firstUnit < 0n || firstUnit + BigInt(count) - 1n > LAST_UNIT) {
    throw new CryptoError(
      'UNIT_RANGE',
      `${count} data units from number ${firstUnit} leave the range 0 to ${LAST_UNIT}; a tweak is never reused by wrapping.`,
    );
  }
  return count;
}

/**
 * Checks the arguments of a single unit with an explicit tweak.
 *
 * @throws CryptoError UNIT_SIZE or LENGTH
 */
export function checkUnit(lengthBytes: number, tweak: Uint8Array): void {
  if (lengthBytes < BLOCK_SIZE_BYTES || lengthBytes > LARGEST_UNIT_SIZE_BYTES) {
    throw new CryptoError(
      'UNIT_SIZE',
      `A data unit has 16 to ${LARGEST_UNIT_SIZE_BYTES} bytes, not ${lengthBytes} (SP 800-38E section 4).`,
    );
  }
  if (tweak.length !== BLOCK_SIZE_BYTES) {
    throw new CryptoError('LENGTH', `A tweak has 16 bytes, not ${tweak.length}.`);
  }
}
