import { invalidArgument } from '../api/faults.js';
import type { KeyGrant } from '../api/host-api.js';
import { cacheGrantedKey } from '../host/granted-key.js';
import { unlockVms } from '../host/refresh-vm.js';
import type { HostOperation } from './host-operation.js';

/**
 * Sets the host key: prepared -> safe. With the key that is set already it does nothing.
 *
 * @throws HypervisorError NOT_SUPPORTED, INVALID_STATE, ALREADY_EXISTS, INVALID_ARGUMENT (the parcel was spent before)
 */
export const enableCrypto: HostOperation<[hostKey: KeyGrant], void> = {
  vimName: 'HostSystem.EnableCrypto',
  changesInventory: false,
  grants: (hostKey) => [hostKey],
  perform: async (host, hostKey) => {
    if (host.mode.checkEnable(hostKey.id)) return;
    if (!host.keys.has(hostKey.id) && !cacheGrantedKey(host, hostKey)) {
      throw invalidArgument('hostKey', 'The parcel of the host key was opened before. Fetch the key again.');
    }
    host.mode.enable(hostKey.id);
    hostKey.parcel.dispose();
    await unlockVms(host, [hostKey.id]);
  },
};
