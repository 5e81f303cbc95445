import type { CryptoKeyResult, KeyGrant } from '../api/host-api.js';
import { cacheGrantedKey } from '../host/granted-key.js';
import type { HostContext } from '../host/host-context.js';
import { unlockVms } from '../host/refresh-vm.js';
import type { HostOperation } from './host-operation.js';

/**
 * Puts keys into the cache, each with a result of its own, then looks again at the VMs that waited for one of them: each
 * is read once, however many keys came, and no other is read.
 *
 * @throws HypervisorError NOT_SUPPORTED where the host's version has no encryption
 */
export const addKeys: HostOperation<[grants: readonly KeyGrant[]], readonly CryptoKeyResult[]> = {
  vimName: 'CryptoManager.AddKeys',
  changesInventory: false,
  grants: (grants) => grants,
  perform: async (host, grants) => {
    host.mode.checkSupported('A key');
    const results = grants.map((grant) => {
      try {
        return addKey(host, grant);
      } finally {
        grant.parcel.dispose();
      }
    });
    await unlockVms(
      host,
      results.filter(({ success }) => success).map(({ id }) => id),
    );
    return results;
  },
};

function addKey(host: HostContext, grant: KeyGrant): CryptoKeyResult {
  const { id } = grant;
  if (!host.mode.takesKeys) return { id, success: false, reason: 'InvalidState' };
  if (id.keyId === '' || id.providerId === '') return { id, success: false, reason: 'InvalidArgument' };
  if (host.keys.has(id)) return { id, success: false, reason: 'AlreadyExists' };
  return cacheGrantedKey(host, grant) ? { id, success: true } : { id, success: false, reason: 'InvalidArgument' };
}
