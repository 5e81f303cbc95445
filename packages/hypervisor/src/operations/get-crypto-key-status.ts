import type { CryptoKeyId } from '@vcryptsim/ports';
import type { CryptoKeyStatus } from '../api/host-api.js';
import type { HostOperation } from './host-operation.js';

/**
 * Says of each key that is asked for whether it is in the cache; it costs as much as is asked for. In the product since
 * 8.0.1 (facts/vsphere-encryption.md section 1); here every release answers [ours O32].
 */
export const getCryptoKeyStatus: HostOperation<[ids: readonly CryptoKeyId[]], readonly CryptoKeyStatus[]> = {
  vimName: 'CryptoManagerHost.GetCryptoKeyStatus',
  changesInventory: false,
  perform: async ({ keys }, ids) => ids.map((id) => ({ id, present: keys.has(id) })),
};
