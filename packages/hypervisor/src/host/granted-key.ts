import { CryptoError, type Kek } from '@vcryptsim/crypto-core';
import { openParcel } from '@vcryptsim/crypto-core/parcel-open';
import type { KeyGrant } from '../api/host-api.js';
import type { HostContext } from './host-context.js';

/** Opens the parcel of a grant and puts its key into the cache; false when the parcel was spent before. */
export function cacheGrantedKey(host: HostContext, { id, parcel }: KeyGrant): boolean {
  const kek = openGrant(parcel);
  if (kek === null) return false;
  host.keys.add(id, kek);
  host.events.emit({ type: 'KEY_CACHED', id });
  return true;
}

function openGrant(parcel: KeyGrant['parcel']): Kek | null {
  try {
    return openParcel(parcel);
  } catch (error) {
    if (error instanceof CryptoError) return null;
    throw error;
  }
}
