import { onRoot } from '../needs.js';
import { plainOperation } from '../operation.js';
import { type ProviderArguments, providerArguments } from './provider-arguments.js';

/**
 * RetrieveClientCsr: answers its DER. @throws VCenterError PROVIDER_NOT_FOUND, CLIENT_REQUEST_MISSING
 */
export const retrieveClientCsr = plainOperation<'CryptoManagerKmip', ProviderArguments, Uint8Array>({
  name: 'RetrieveClientCsr',
  on: 'CryptoManagerKmip',
  about: 'Shows the last certificate request.',
  source: 'facts/vim-api.md section 2; facts/kmip.md part 2',
  args: providerArguments,
  needs: [onRoot('Cryptographer.ManageKeyServers')],
  run: ({ certificates }, { args }) => certificates.lastRequest(args.providerId),
});
