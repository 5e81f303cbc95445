import type { CryptoKeyId } from '@vcryptsim/ports';
import type { CryptoKeyResult } from '../api/host-api.js';
import type { HostContext } from '../host/host-context.js';
import { cacheName } from '../host/key-cache.js';
import { lockIfKeyless } from '../host/refresh-vm.js';
import { keyIdsOf } from '../vm-home/vm-config.js';
import type { HostOperation } from './host-operation.js';

/**
 * Takes keys out of the cache. Without `force` the host key, and a key that a registered VM names, stay. A running VM
 * keeps running on its DEKs; a powered-off one whose home key goes locks.
 */
export const removeKeys: HostOperation<[ids: readonly CryptoKeyId[], force: boolean], readonly CryptoKeyResult[]> = {
  vimName: 'CryptoManager.RemoveKeys',
  changesInventory: false,
  perform: async (host, ids, force) => {
    const inUse = force ? new Set<string>() : keysInUse(host);
    const results = ids.map((id): CryptoKeyResult => {
      if (!host.keys.has(id)) return force ? { id, success: true } : { id, success: false, reason: 'NotFound' };
      if (inUse.has(cacheName(id))) return { id, success: false, reason: 'ResourceInUse' };
      host.keys.remove(id);
      host.events.emit({ type: 'KEY_REMOVED', id });
      return { id, success: true };
    });
    for (const vm of host.inventory.all()) lockIfKeyless(host, vm);
    return results;
  },
};

function keysInUse({ mode, inventory }: HostContext): ReadonlySet<string> {
  const used = inventory.all().flatMap(({ config }) => (config === null ? [] : keyIdsOf(config)));
  return new Set([...(mode.hostKeyId === null ? [] : [mode.hostKeyId]), ...used].map(cacheName));
}
