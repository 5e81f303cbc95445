import { CryptoError } from '../errors.js';
import type { XtsCipher } from './xts-engine.js';

/** Base of the ciphers that do large runs on the caller's thread: what virtual time and small machines want. */
export abstract class InlineCipher implements XtsCipher {
  abstract encryptRun(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): void;
  abstract decryptRun(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): void;
  abstract encryptUnit(unit: Uint8Array, tweak: Uint8Array): void;
  abstract decryptUnit(unit: Uint8Array, tweak: Uint8Array): void;
  abstract dispose(): void;

  async encryptLargeRun(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): Promise<void> {
    this.encryptRun(units, firstUnit, unitSizeBytes);
  }

  async decryptLargeRun(units: Uint8Array, firstUnit: bigint, unitSizeBytes: number): Promise<void> {
    this.decryptRun(units, firstUnit, unitSizeBytes);
  }
}

/** What every use of a disposed cipher throws. */
export function disposedKey(): CryptoError {
  return new CryptoError('DISPOSED', 'This XTS key was disposed of; unseal it again.');
}
