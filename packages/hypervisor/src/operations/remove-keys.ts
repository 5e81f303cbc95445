import { type CryptoKeyId, sameKeyId } from '@vcryptsim/ports';
import type { CryptoKeyResult } from '../api/host-api.js';
import type { HostContext } from '../host/host-context.js';
import { lockIfKeyless } from '../host/refresh-vm.js';
import type { HostOperation } from './host-operation.js';

/**
 * Takes keys out of the cache. Without `force` the host key, and a key that a registered VM names, stay. A running VM
 * keeps running on its DEKs; a powered-off one whose home key goes locks.
 */
export const removeKeys: HostOperation<[ids: readonly CryptoKeyId[], force: boolean], readonly CryptoKeyResult[]> = {
  vimName: 'CryptoManager.RemoveKeys',
  changesInventory: false,
  perform: async (host, ids, force) => {
    const results = ids.map((id): CryptoKeyResult => {
      if (!host.keys.has(id)) return force ? { id, success: true } : { id, success: false, reason: 'NotFound' };
      if (!force && isInUse(host, id)) return { id, success: false, reason: 'ResourceInUse' };
      host.keys.remove(id);
      host.events.emit({ type: 'KEY_REMOVED', id });
      return { id, success: true };
    });
    for (const vm of host.inventory.index.naming(ids)) lockIfKeyless(host, vm);
    return results;
  },
};

function isInUse({ mode, inventory }: HostContext, id: CryptoKeyId): boolean {
  return (mode.hostKeyId !== null && sameKeyId(mode.hostKeyId, id)) || inventory.index.isNamed(id);
}
