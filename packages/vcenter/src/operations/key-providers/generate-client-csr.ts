import { onRoot } from '../needs.js';
import { plainOperation } from '../operation.js';
import { type ProviderArguments, providerArguments } from './provider-arguments.js';

/**
 * GenerateClientCsr: a second request overwrites the first. What is in use stays in use until the signed certificate comes.
 * Answers the DER (PKCS#10).
 *
 * @throws VCenterError PROVIDER_NOT_FOUND; FileError
 */
export const generateClientCsr = plainOperation<'CryptoManagerKmip', ProviderArguments, Uint8Array>({
  name: 'GenerateClientCsr',
  on: 'CryptoManagerKmip',
  about: 'Makes a key and a request for its certificate; the key never leaves vCenter.',
  source: 'facts/vim-api.md section 2; facts/kmip.md part 2',
  args: providerArguments,
  needs: [onRoot('Cryptographer.ManageKeyServers')],
  run: ({ certificates }, { args }) => certificates.request(args.providerId),
});
