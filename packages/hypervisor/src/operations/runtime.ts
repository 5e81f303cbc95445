import type { HostRuntime } from '../api/host-api.js';
import type { HostOperation } from './host-operation.js';

/** Crypto state, host key and incarnation, as they are now. */
export const runtime: HostOperation<[], HostRuntime> = {
  vimName: 'HostSystem.runtime',
  changesInventory: false,
  perform: async ({ mode, identity }) => ({
    cryptoState: mode.state,
    cryptoKeyId: mode.hostKeyId,
    incarnation: identity.incarnation,
  }),
};
