import { CryptographicUsageMask } from '@vcryptsim/kmip-lite';
import type { KmipSession } from '@vcryptsim/kmip-lite/client';
import type { KeyId } from '@vcryptsim/ports';

/** 0x0C (KMIP 1.1, table 270). */
const USAGE_MASK = CryptographicUsageMask.Encrypt | CryptographicUsageMask.Decrypt;
/** AES-256 is the only key a VM is encrypted with. */
export const KEK_LENGTH_BITS = 256;

/**
 * Step 1 of a new key: Create of a symmetric key with algorithm, usage mask and length, in this order, and nothing
 * else: no name, no custom attribute, no activation date (facts/kmip.md part 2, step 1).
 *
 * @returns the Unique Identifier that the server chose
 */
export function createKey(session: KmipSession): Promise<KeyId> {
  return session.create({ algorithm: 'AES', usageMask: USAGE_MASK, lengthBits: KEK_LENGTH_BITS });
}
