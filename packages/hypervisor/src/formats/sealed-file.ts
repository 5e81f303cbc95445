import { CryptoError, type Dek } from '@vcryptsim/crypto-core';
import type { Entropy } from '@vcryptsim/ports';
import { HypervisorError } from '../api/errors.js';
import { fileDamaged } from '../api/faults.js';

const MAGIC = 'VCSEAL01';
/** By how much a sealed file is longer than what it holds: magic, nonce, tag. */
export const SEALED_FILE_OVERHEAD_BYTES = MAGIC.length + 12 + 16;

/**
 * A VM file that is encrypted as a whole (NVRAM), by the VM home's DEK:
 *
 * | offset | size | field |
 * |---|---|---|
 * | 0 | 8 | `VCSEAL01` |
 * | 8 | 12 | nonce |
 * | 20 | n | AES-256-GCM ciphertext |
 * | 20 + n | 16 | tag |
 *
 * The tag covers the context too, which is not in the file: what it is and of which VM. So no sealed file can stand in
 * another's place. The real layout is unpublished; this one is ours.
 */
export function sealFile(plaintext: Uint8Array, o: { dek: Dek; context: string; entropy: Entropy }): Uint8Array {
  const nonce = o.entropy.public(12, `nonce of ${o.context}`);
  const envelope = o.dek.sealFile(plaintext, { context: o.context, nonce });
  const file = new Uint8Array(MAGIC.length + envelope.length);
  file.set(new TextEncoder().encode(MAGIC));
  file.set(envelope, MAGIC.length);
  return file;
}

/** Says whether bytes begin as a sealed file does. */
export function isSealedFile(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, MAGIC.length)).toString('latin1') === MAGIC;
}

/**
 * Opens what {@link sealFile} wrote.
 *
 * @param file name for errors
 * @throws HypervisorError ENVELOPE_TAMPERED when the tag does not fit, FILE_DAMAGED when it is no sealed file at all
 */
export function openSealedFile(bytes: Uint8Array, o: { dek: Dek; context: string; file: string }): Uint8Array {
  if (!isSealedFile(bytes)) throw fileDamaged(o.file, 'it is not sealed, though the virtual machine is encrypted');
  try {
    return o.dek.openFile(bytes.subarray(MAGIC.length), { context: o.context });
  } catch (error) {
    if (!(error instanceof CryptoError) || error.code !== 'ENVELOPE_MISMATCH') throw error;
    throw new HypervisorError(
      { code: 'ENVELOPE_TAMPERED', file: o.file },
      `${o.file} was changed, cut short or taken from another virtual machine. Restore a saved copy.`,
    );
  }
}
