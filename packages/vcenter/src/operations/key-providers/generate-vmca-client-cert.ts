import { onRoot } from '../needs.js';
import { plainOperation } from '../operation.js';
import { type ProviderArguments, providerArguments } from './provider-arguments.js';

/**
 * In place of an earlier one. It is no call of the vSphere API, where the first way of the wizard needs none: the real vCenter
 * has such a certificate from its installation. Answers its DER.
 *
 * @throws VCenterError PROVIDER_NOT_FOUND, VECS_DAMAGED; FileError
 */
export const generateVmcaClientCert = plainOperation<'CryptoManagerKmip', ProviderArguments, Uint8Array>({
  name: 'GenerateVmcaClientCert',
  on: 'CryptoManagerKmip',
  about: "Makes a client certificate that vCenter's own authority signs.",
  source: 'facts/vim-api.md section 2; facts/kmip.md part 2',
  args: providerArguments,
  needs: [onRoot('Cryptographer.ManageKeyServers')],
  run: ({ certificates }, { args }) => certificates.signedByOwnAuthority(args.providerId),
});
