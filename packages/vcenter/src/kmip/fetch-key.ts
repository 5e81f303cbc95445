import { KeyParcel } from '@vcryptsim/crypto-core/parcel';
import { firstValue } from '@vcryptsim/kmip-lite';
import type { KmipSession } from '@vcryptsim/kmip-lite/client';
import type { KeyId } from '@vcryptsim/ports';
import { KEK_LENGTH_BITS } from './create-key.js';

/** What stood in the way of a key that the server has. */
export class UnusableKeyError extends Error {
  override readonly name = 'UnusableKeyError';
  readonly code = 'KEY_UNUSABLE';
  /** @param state its KMIP state, or what it is if that is not an AES-256 key */
  constructor(readonly state: string) {
    super(`The key is ${state}.`);
  }
}

/**
 * Step 3 of a new key, and the whole of using a known one: Get by Unique Identifier alone, Get Attributes [State], and
 * Activate when it is Pre-Active (facts/kmip.md part 2, steps 3 and 6).
 *
 * The key's bytes go from the frame into a parcel; vCenter has no way to them. The caller hands the parcel on or
 * disposes it.
 *
 * @throws UnusableKeyError when it is Deactivated, Compromised or Destroyed, or no AES-256 key
 */
export async function fetchKey(session: KmipSession, keyId: KeyId): Promise<KeyParcel> {
  const answer = await session.get(keyId, {
    take: (view) => (view.length === KEK_LENGTH_BITS / 8 ? KeyParcel.seal(view) : null),
  });
  const parcel = answer.taken;
  if (parcel === null) throw new UnusableKeyError('not an AES-256 key');
  try {
    if (answer.objectType !== 'SymmetricKey' || answer.algorithm !== 'AES')
      throw new UnusableKeyError('not an AES-256 key');
    const state = firstValue('State', await session.getAttributes(keyId, ['State']));
    if (state === 'PreActive') await session.activate(keyId);
    else if (state !== 'Active') throw new UnusableKeyError(state ?? 'without a state');
    return parcel;
  } catch (error) {
    parcel.dispose();
    throw error;
  }
}
