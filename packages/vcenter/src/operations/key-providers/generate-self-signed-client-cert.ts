import { onRoot } from '../needs.js';
import { plainOperation } from '../operation.js';
import { type ProviderArguments, providerArguments } from './provider-arguments.js';

/**
 * GenerateSelfSignedClientCert: in place of an earlier one; the key server's administrator registers it. It is called
 * `kmipClientYYYYMMDDhhmmss` and has no extended key usage. Answers its DER.
 *
 * @throws VCenterError PROVIDER_NOT_FOUND; FileError
 */
export const generateSelfSignedClientCert = plainOperation<'CryptoManagerKmip', ProviderArguments, Uint8Array>({
  name: 'GenerateSelfSignedClientCert',
  on: 'CryptoManagerKmip',
  about: 'Makes a client certificate that signs itself.',
  source: 'facts/vim-api.md section 2; facts/kmip.md part 2',
  args: providerArguments,
  needs: [onRoot('Cryptographer.ManageKeyServers')],
  run: ({ certificates }, { args }) => certificates.selfSigned(args.providerId),
});
