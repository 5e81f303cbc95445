import { noArguments } from '../arguments.js';
import { onRoot } from '../needs.js';
import { plainOperation } from '../operation.js';

/**
 * Answers its DER; no call of the vSphere API. @throws VCenterError VECS_DAMAGED; FileError
 */
export const retrieveVmcaRootCert = plainOperation<'CryptoManagerKmip', Record<string, never>, Uint8Array>({
  name: 'RetrieveVmcaRootCert',
  on: 'CryptoManagerKmip',
  about: "Shows the root certificate of vCenter's own authority, for key servers to trust.",
  source: 'facts/vim-api.md section 2; facts/kmip.md part 2',
  args: noArguments,
  needs: [onRoot('Cryptographer.ManageKeyServers')],
  run: async ({ certificates }) => (await certificates.ownAuthority()).certificate,
});
