import type { HostOperation } from './host-operation.js';

/**
 * incapable -> prepared: the host will not leak what comes from now on.
 *
 * @throws HypervisorError INVALID_STATE from any other state; NOT_SUPPORTED where the host's version has no encryption
 */
export const prepareCrypto: HostOperation<[], void> = {
  vimName: 'HostSystem.PrepareCrypto',
  changesInventory: false,
  perform: async ({ mode }) => mode.prepare(),
};
