import type { SectorCount } from '@vcryptsim/ports';
import type { DiskBacking } from './disk-backing.js';
import type { ByteRange } from './range-waits.js';

/**
 * One link of a disk, or a chain of them: bytes as they are in the files (ciphertext where the disk is encrypted). Offsets
 * are bytes of the disk, whole sectors inside it.
 */
export interface Extent extends DiskBacking {
  readonly capacity: SectorCount;
  /**
   * The ranges inside `[offsetBytes, offsetBytes + lengthBytes)` that this extent has data of its own for, in order; they
   * neither overlap nor touch. A flat extent has all, also where its file has holes. The rest reads as zeros here, and as
   * what the parent has in a chain.
   */
  allocatedRanges(offsetBytes: number, lengthBytes: number): Promise<readonly ByteRange[]>;
  /** Makes the range read as zeros of this extent's own, which no parent shows through. No hole of a flat extent is filled by it. */
  writeZeroes(offsetBytes: number, lengthBytes: number): Promise<void>;
}
