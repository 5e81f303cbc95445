import type { Dek } from '@vcryptsim/crypto-core';
import { dataRunsOf } from './zeros.js';

/** What encrypts a disk. The DEK stays with whoever opened it, who disposes of it. */
export interface DiskKey {
  readonly dek: Dek;
  /** Bytes per XTS data unit. */
  readonly dataUnitSizeBytes: 512 | 4096;
}

/**
 * Decrypts data units of a disk in place. Those that are all zeros are holes and stay zeros: 512 bytes of ciphertext are all
 * zeros once in 2^4096.
 *
 * @param offsetBytes of the first unit on the disk
 */
export function decryptUnits(units: Uint8Array, offsetBytes: number, { dek, dataUnitSizeBytes }: DiskKey): void {
  for (const { startBytes, endBytes } of dataRunsOf(units, dataUnitSizeBytes)) {
    const firstUnit = BigInt((offsetBytes + startBytes) / dataUnitSizeBytes);
    dek.decryptRun(units.subarray(startBytes, endBytes), firstUnit, dataUnitSizeBytes);
  }
}

/** Encrypts data units of a disk in place, zeros too. */
export function encryptUnits(units: Uint8Array, offsetBytes: number, { dek, dataUnitSizeBytes }: DiskKey): void {
  dek.encryptRun(units, BigInt(offsetBytes / dataUnitSizeBytes), dataUnitSizeBytes);
}
