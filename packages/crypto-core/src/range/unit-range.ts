import { CryptoError } from '../errors.js';
import { BLOCK_SIZE_BYTES, LAST_UNIT } from '../xts/data-unit.js';

/** Which data units hold a range of bytes, and how much of the outer two is outside the range. */
export interface UnitRange {
  readonly firstUnit: bigint;
  readonly unitCount: number;
  /** Bytes of the first unit before the range. */
  readonly headBytes: number;
  /** Bytes of the last unit behind the range. */
  readonly tailBytes: number;
}

/**
 * Maps a range of bytes to the data units that hold it. Exact for any disk, also beyond 2^53 bytes.
 *
 * @param offsetBytes of the range from the start of the disk
 * @param lengthBytes 0 or more; an empty range has no units
 * @throws CryptoError UNIT_SIZE for a unit size that no run takes, UNIT_RANGE where the range leaves the 64-bit numbers
 */
export function coveringUnits(offsetBytes: bigint, lengthBytes: number, unitSizeBytes: number): UnitRange {
  if (!Number.isInteger(unitSizeBytes) || unitSizeBytes < BLOCK_SIZE_BYTES || unitSizeBytes % BLOCK_SIZE_BYTES !== 0) {
    throw new CryptoError('UNIT_SIZE', `Data units have whole blocks of 16 bytes, not ${unitSizeBytes} bytes.`);
  }
  const size = BigInt(unitSizeBytes);
  const endBytes = offsetBytes + BigInt(lengthBytes);
  const firstUnit = offsetBytes / size;
  const endUnit = lengthBytes === 0 ? firstUnit : (endBytes + size - 1n) / size;
  if (offsetBytes < 0n || endUnit - 1n > LAST_UNIT) {
    throw new CryptoError(
      'UNIT_RANGE',
      `${lengthBytes} bytes at ${offsetBytes} are not in data units 0 to ${LAST_UNIT}.`,
    );
  }
  return {
    firstUnit,
    unitCount: Number(endUnit - firstUnit),
    headBytes: Number(offsetBytes % size),
    tailBytes: lengthBytes === 0 ? 0 : Number(endUnit * size - endBytes),
  };
}
