import { leafOf } from '../../crypto/client-certificates.js';
import { onRoot } from '../needs.js';
import { plainOperation } from '../operation.js';
import { type ProviderArguments, providerArguments } from './provider-arguments.js';

/**
 * RetrieveClientCert: answers its DER. @throws VCenterError PROVIDER_NOT_FOUND, CLIENT_CERTIFICATE_MISSING
 */
export const retrieveClientCert = plainOperation<'CryptoManagerKmip', ProviderArguments, Uint8Array>({
  name: 'RetrieveClientCert',
  on: 'CryptoManagerKmip',
  about: 'Shows the client certificate in use, whatever way it came.',
  source: 'facts/vim-api.md section 2; facts/kmip.md part 2',
  args: providerArguments,
  needs: [onRoot('Cryptographer.ManageKeyServers')],
  run: async ({ certificates }, { args }) => leafOf((await certificates.inUse(args.providerId)).chain),
});
