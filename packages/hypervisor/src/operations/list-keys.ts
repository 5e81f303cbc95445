import type { CryptoKeyId } from '@vcryptsim/ports';
import type { HostOperation } from './host-operation.js';

/** IDs of the keys in the cache, host key included, in the order in which they came. */
export const listKeys: HostOperation<[], readonly CryptoKeyId[]> = {
  vimName: 'CryptoManager.ListKeys',
  changesInventory: false,
  perform: async ({ keys }) => keys.ids(),
};
